//! SQL values, as much as the cluster needs.

use serde::{Deserialize, Serialize};

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// Any integer type.
    Int(i128),
    /// Any string type.
    Text(String),
}
