//! What the parts of the page draw: the model, and where actions go.

use crate::state::Model;
use crate::state::stage::Arrangement;
use crate::store::Store;

/// One drawing of the page.
pub(crate) struct Scene<'a> {
    /// Where actions go.
    pub(crate) store: &'a Store,
    /// What is drawn.
    pub(crate) model: &'a Model,
    /// How much room there is.
    pub(crate) room: Arrangement,
}
