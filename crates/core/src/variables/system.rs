//! The system variables, in the order the plugins declare them.
//!
//! All are global, dynamic and can be persisted. Ranges and defaults: `SHOW VARIABLES` and the
//! option tables of the MySQL manual.

use core::fmt;

use super::Family;
use crate::replica::Replica;
use crate::source::{Source, WaitPoint};
use crate::{Generation, Naming};

/// One system variable, whatever it is called.
#[derive(Debug, PartialEq, Eq)]
pub struct SystemVariable {
    /// Which one it is.
    pub id: SystemVariableId,
    /// The plugin it belongs to.
    pub family: Family,
    /// Its whole name with source/replica words.
    pub name: &'static str,
    /// Its whole name with master/slave words.
    pub old_name: &'static str,
    /// The first generation that has it.
    pub since: Generation,
    /// Type, default and bounds.
    pub kind: VariableKind,
    /// What its number counts.
    pub unit: Option<Unit>,
    /// When a new value begins to count.
    pub takes_effect: TakesEffect,
    /// What it does, in one or two sentences.
    pub help: &'static str,
}

/// The variables by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum SystemVariableId {
    /// `rpl_semi_sync_source_enabled`
    SourceEnabled,
    /// `rpl_semi_sync_source_timeout`
    SourceTimeout,
    /// `rpl_semi_sync_source_wait_no_replica`
    SourceWaitNoReplica,
    /// `rpl_semi_sync_source_trace_level`
    SourceTraceLevel,
    /// `rpl_semi_sync_source_wait_point`
    SourceWaitPoint,
    /// `rpl_semi_sync_source_wait_for_replica_count`
    SourceWaitForReplicaCount,
    /// `rpl_semi_sync_replica_enabled`
    ReplicaEnabled,
    /// `rpl_semi_sync_replica_trace_level`
    ReplicaTraceLevel,
}

/// Type, default and bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableKind {
    /// `ON` or `OFF`.
    Bool {
        /// Without an option.
        default: bool,
    },
    /// An unsigned 64-bit number.
    UnsignedLong {
        /// Without an option.
        default: u64,
        /// Smallest value.
        min: u64,
        /// Greatest value.
        max: u64,
    },
    /// An unsigned 32-bit number.
    UnsignedInt {
        /// Without an option.
        default: u32,
        /// Smallest value.
        min: u32,
        /// Greatest value.
        max: u32,
    },
    /// One of a list of words; its number is accepted too.
    Enum {
        /// Index of the default.
        default: usize,
        /// The words, as printed.
        words: &'static [&'static str],
    },
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Milliseconds,
    /// A set of bits.
    Bits,
    /// Replicas.
    Replicas,
}

/// When a new value begins to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakesEffect {
    /// Before the SET statement returns; sleeping commits may be released.
    AtOnce,
    /// For commits that begin to wait later. Sleeping ones keep the old value.
    WithTheNextWait,
    /// For commits that reach a wait point later.
    WithTheNextCommit,
    /// When the receiver thread starts: STOP REPLICA IO_THREAD, START REPLICA IO_THREAD.
    WhenTheReceiverStarts,
}

/// A value of a system variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Value {
    /// Printed as `ON` or `OFF`.
    Bool(bool),
    /// Printed as a number.
    Integer(u64),
    /// Printed as its word.
    WaitPoint(WaitPoint),
}

/// A system variable under one of its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedVariable {
    /// The variable.
    pub variable: &'static SystemVariable,
    /// The words of the name.
    pub naming: Naming,
}

/// All of them: six of the source, two of the replica.
pub static SYSTEM_VARIABLES: [SystemVariable; 8] = [
    SystemVariable {
        id: SystemVariableId::SourceEnabled,
        family: Family::Source,
        name: "rpl_semi_sync_source_enabled",
        old_name: "rpl_semi_sync_master_enabled",
        since: Generation::V5_5,
        kind: VariableKind::Bool { default: false },
        unit: None,
        takes_effect: TakesEffect::AtOnce,
        help: "Whether commits on this server wait for ACKs of semisynchronous replicas. Setting \
               it OFF releases all waiting commits.",
    },
    SystemVariable {
        id: SystemVariableId::SourceTimeout,
        family: Family::Source,
        name: "rpl_semi_sync_source_timeout",
        old_name: "rpl_semi_sync_master_timeout",
        since: Generation::V5_5,
        kind: VariableKind::UnsignedLong {
            default: 10_000,
            min: 0,
            max: u64::MAX,
        },
        unit: Some(Unit::Milliseconds),
        takes_effect: TakesEffect::WithTheNextWait,
        help: "How many milliseconds a commit waits for its ACKs. When the time is over, the whole \
               source falls back to asynchronous replication.",
    },
    SystemVariable {
        id: SystemVariableId::SourceWaitNoReplica,
        family: Family::Source,
        name: "rpl_semi_sync_source_wait_no_replica",
        old_name: "rpl_semi_sync_master_wait_no_slave",
        since: Generation::V5_5,
        kind: VariableKind::Bool { default: true },
        unit: None,
        takes_effect: TakesEffect::AtOnce,
        help: "ON: commits wait until the timeout even when too few replicas are connected. OFF: \
               the source falls back as soon as a replica leaves and one too few is left.",
    },
    SystemVariable {
        id: SystemVariableId::SourceTraceLevel,
        family: Family::Source,
        name: "rpl_semi_sync_source_trace_level",
        old_name: "rpl_semi_sync_master_trace_level",
        since: Generation::V5_5,
        kind: TRACE_LEVEL,
        unit: Some(Unit::Bits),
        takes_effect: TakesEffect::AtOnce,
        help: TRACE_LEVEL_HELP,
    },
    SystemVariable {
        id: SystemVariableId::SourceWaitPoint,
        family: Family::Source,
        name: "rpl_semi_sync_source_wait_point",
        old_name: "rpl_semi_sync_master_wait_point",
        since: Generation::V8_4,
        kind: VariableKind::Enum {
            default: 0,
            words: &["AFTER_SYNC", "AFTER_COMMIT"],
        },
        unit: None,
        takes_effect: TakesEffect::WithTheNextCommit,
        help: "Where a commit waits. AFTER_SYNC: before the engine commits, so nobody sees rows \
               that no replica has. AFTER_COMMIT: after it, so others see them during the wait.",
    },
    SystemVariable {
        id: SystemVariableId::SourceWaitForReplicaCount,
        family: Family::Source,
        name: "rpl_semi_sync_source_wait_for_replica_count",
        old_name: "rpl_semi_sync_master_wait_for_slave_count",
        since: Generation::V8_4,
        kind: VariableKind::UnsignedInt {
            default: 1,
            min: 1,
            max: 65_535,
        },
        unit: Some(Unit::Replicas),
        takes_effect: TakesEffect::AtOnce,
        help: "How many replicas must acknowledge a commit before it goes on. Lowering it may \
               release waiting commits at once.",
    },
    SystemVariable {
        id: SystemVariableId::ReplicaEnabled,
        family: Family::Replica,
        name: "rpl_semi_sync_replica_enabled",
        old_name: "rpl_semi_sync_slave_enabled",
        since: Generation::V5_5,
        kind: VariableKind::Bool { default: false },
        unit: None,
        takes_effect: TakesEffect::WhenTheReceiverStarts,
        help: "Whether this replica offers itself to its source as semisynchronous. A receiver \
               thread that runs already does not notice a change.",
    },
    SystemVariable {
        id: SystemVariableId::ReplicaTraceLevel,
        family: Family::Replica,
        name: "rpl_semi_sync_replica_trace_level",
        old_name: "rpl_semi_sync_slave_trace_level",
        since: Generation::V5_5,
        kind: TRACE_LEVEL,
        unit: Some(Unit::Bits),
        takes_effect: TakesEffect::AtOnce,
        help: TRACE_LEVEL_HELP,
    },
];

impl SystemVariable {
    /// The variable with this id.
    pub fn of(id: SystemVariableId) -> &'static SystemVariable {
        &SYSTEM_VARIABLES[id as usize]
    }

    /// Those a plugin declares in this generation, in order.
    pub fn of_family(
        family: Family,
        generation: Generation,
    ) -> impl Iterator<Item = &'static SystemVariable> {
        let of_family = SYSTEM_VARIABLES
            .iter()
            .filter(move |variable| variable.family == family);
        of_family.filter(move |variable| variable.since <= generation)
    }

    /// Its whole name.
    pub const fn name(&self, naming: Naming) -> &'static str {
        match naming {
            Naming::SourceReplica => self.name,
            Naming::MasterSlave => self.old_name,
        }
    }

    /// Its name without the plugin's, as a plugin declares it.
    pub fn suffix(&self, naming: Naming) -> &'static str {
        let prefix_len = self.family.plugin_name(naming).len() + "_".len();
        &self.name(naming)[prefix_len..]
    }

    /// Its value without an option.
    pub fn default_value(&self) -> Value {
        match self.kind {
            VariableKind::Bool { default } => Value::Bool(default),
            VariableKind::UnsignedLong { default, .. } => Value::Integer(default),
            VariableKind::UnsignedInt { default, .. } => Value::Integer(u64::from(default)),
            VariableKind::Enum { default, .. } => Value::WaitPoint(match default {
                0 => WaitPoint::AfterSync,
                _ => WaitPoint::AfterCommit,
            }),
        }
    }

    /// Its value in a source; `None` for the replica's variables.
    pub fn source_value(&self, source: &Source) -> Option<Value> {
        let config = source.config();
        Some(match self.id {
            SystemVariableId::SourceEnabled => Value::Bool(source.is_enabled()),
            SystemVariableId::SourceTimeout => Value::Integer(config.timeout_ms),
            SystemVariableId::SourceWaitNoReplica => Value::Bool(config.wait_no_replica),
            SystemVariableId::SourceTraceLevel => Value::Integer(config.trace_level),
            SystemVariableId::SourceWaitPoint => Value::WaitPoint(config.wait_point),
            SystemVariableId::SourceWaitForReplicaCount => {
                Value::Integer(u64::from(config.wait_for_replica_count))
            }
            SystemVariableId::ReplicaEnabled | SystemVariableId::ReplicaTraceLevel => return None,
        })
    }

    /// Its value in a replica; `None` for the source's variables.
    pub fn replica_value(&self, replica: &Replica) -> Option<Value> {
        Some(match self.id {
            SystemVariableId::ReplicaEnabled => Value::Bool(replica.is_enabled()),
            SystemVariableId::ReplicaTraceLevel => Value::Integer(replica.trace_level()),
            SystemVariableId::SourceEnabled
            | SystemVariableId::SourceTimeout
            | SystemVariableId::SourceWaitNoReplica
            | SystemVariableId::SourceTraceLevel
            | SystemVariableId::SourceWaitPoint
            | SystemVariableId::SourceWaitForReplicaCount => return None,
        })
    }
}

impl NamedVariable {
    /// The whole name.
    pub const fn name(&self) -> &'static str {
        self.variable.name(self.naming)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(true) => f.write_str("ON"),
            Value::Bool(false) => f.write_str("OFF"),
            Value::Integer(value) => value.fmt(f),
            Value::WaitPoint(wait_point) => wait_point.fmt(f),
        }
    }
}

impl Unit {
    /// Its name, in plural.
    pub const fn as_str(self) -> &'static str {
        match self {
            Unit::Milliseconds => "milliseconds",
            Unit::Bits => "bits",
            Unit::Replicas => "replicas",
        }
    }
}

impl TakesEffect {
    /// A few words for tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            TakesEffect::AtOnce => "at once",
            TakesEffect::WithTheNextWait => "with the next wait",
            TakesEffect::WithTheNextCommit => "with the next commit",
            TakesEffect::WhenTheReceiverStarts => "when the receiver thread starts",
        }
    }
}

const TRACE_LEVEL: VariableKind = VariableKind::UnsignedLong {
    default: 32,
    min: 0,
    max: u64::MAX,
};

const TRACE_LEVEL_HELP: &str = "What goes into the error log besides the ordinary messages, as a \
                                sum of bits: 1 clock failures, 16 detail, 32 network waits, 64 \
                                function calls. The default prints nothing more.";
