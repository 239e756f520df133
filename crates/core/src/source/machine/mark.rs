//! A position that is known or not.

use crate::position::BinlogPosition;

/// A position with a known flag. Forgetting it keeps the old value, which some rules still look at:
/// a timed-out wait prints the stored reply, and a release compares with the stored wait.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Mark {
    position: BinlogPosition,
    is_known: bool,
}

impl Mark {
    pub(super) fn known(&self) -> Option<&BinlogPosition> {
        self.is_known.then_some(&self.position)
    }

    /// The last value, known or not.
    pub(super) fn stored(&self) -> &BinlogPosition {
        &self.position
    }

    pub(super) fn set(&mut self, position: &BinlogPosition) {
        self.position.clone_from(position);
        self.is_known = true;
    }

    pub(super) fn forget(&mut self) {
        self.is_known = false;
    }
}
