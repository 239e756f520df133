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

/// Which words the names of plugins and variables use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Naming {
    /// `rpl_semi_sync_source_…`, `rpl_semi_sync_replica_…` (8.0.26 and later).
    SourceReplica,
    /// `rpl_semi_sync_master_…`, `rpl_semi_sync_slave_…` (5.5 to 9.4).
    MasterSlave,
}

impl Generation {
    /// The names its servers know, the preferred ones first.
    pub const fn namings(self) -> &'static [Naming] {
        match self {
            Generation::V5_5 => &[Naming::MasterSlave],
            Generation::V8_4 => &[Naming::SourceReplica, Naming::MasterSlave],
            Generation::V9_7 => &[Naming::SourceReplica],
        }
    }
}
