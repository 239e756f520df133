//! Lab scripts: a cluster, what people typed, and what went wrong, in order.
//!
//! The form is described in `docs/lab-script.md`. [`Lab::parse`] takes a script apart, [`Player`]
//! plays it step by step, [`compare`] compares two transcripts.

mod script;

mod player;

mod mend;

mod normalise;

mod comparison;

pub use crate::line_reader::login_options;
pub use comparison::{Difference, compare, compare_real};
pub use normalise::normalise;
pub use player::{PlayError, Player, play};
pub use script::{Action, Lab, Pace, PacketVerb, ScriptError, Step, parse_fault};
