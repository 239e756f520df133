//! Which series of MySQL a machine behaves like.

/// What older servers differ in, so that upgrades can be taught and tested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Generation {
    /// 5.5: AFTER_COMMIT only, one ACK is enough, master/slave names.
    V5_5,
    /// 8.4: both name generations, file names compared bytewise.
    V8_4,
    /// 9.7: source/replica names only, file names compared by length first.
    #[default]
    V9_7,
}
