//! The status variables, in the order the plugins declare them. `SHOW STATUS` sorts by name.

use core::fmt;

use super::Family;
use crate::Naming;
use crate::replica::Replica;
use crate::source::{SemisyncStatus, Source};

/// One status variable.
#[derive(Debug)]
pub struct StatusVariable {
    /// The plugin it belongs to.
    pub family: Family,
    /// Its whole name with source/replica words.
    pub name: &'static str,
    /// Its whole name with master/slave words.
    pub old_name: &'static str,
    /// How the plugin declares it.
    pub kind: StatusKind,
    /// What it counts, in a few words.
    pub help: &'static str,
    read: Read,
}

/// How the plugin declares a status variable to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusKind {
    /// A function that gives a bool.
    FuncBool,
    /// A function that gives a number.
    FuncLong,
    /// A plain number; FLUSH STATUS zeroes it ([`crate::source::Input::StatusFlushed`]).
    Long,
    /// A plain bool.
    Bool,
}

/// A value of a status variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusValue {
    /// Printed as `ON` or `OFF`.
    Status(SemisyncStatus),
    /// Printed as a number.
    Number(u64),
}

#[derive(Debug)]
enum Read {
    Source(fn(&Source) -> StatusValue),
    Replica(fn(&Replica) -> StatusValue),
}

/// All of them: fourteen of the source, one of the replica.
pub static STATUS_VARIABLES: [StatusVariable; 15] = [
    StatusVariable {
        family: Family::Source,
        name: "Rpl_semi_sync_source_status",
        old_name: "Rpl_semi_sync_master_status",
        kind: StatusKind::FuncBool,
        help: "Whether replication is semisynchronous now",
        read: Read::Source(|source| StatusValue::Status(source.status())),
    },
    StatusVariable {
        family: Family::Source,
        name: "Rpl_semi_sync_source_clients",
        old_name: "Rpl_semi_sync_master_clients",
        kind: StatusKind::FuncLong,
        help: "Semisynchronous replicas connected, also while the source is disabled",
        read: Read::Source(|source| StatusValue::Number(u64::from(source.counters().clients))),
    },
    StatusVariable {
        family: Family::Source,
        name: "Rpl_semi_sync_source_yes_tx",
        old_name: "Rpl_semi_sync_master_yes_tx",
        kind: StatusKind::Long,
        help: "Waits that ended with enough ACKs; at AFTER_SYNC a wait is a group of commits",
        read: Read::Source(|source| StatusValue::Number(source.counters().yes_tx)),
    },
    StatusVariable {
        family: Family::Source,
        name: "Rpl_semi_sync_source_no_tx",
        old_name: "Rpl_semi_sync_master_no_tx",
        kind: StatusKind::Long,
        help: "Waits that ended without enough ACKs while the source was enabled",
        read: Read::Source(|source| StatusValue::Number(source.counters().no_tx)),
    },
    StatusVariable {
        family: Family::Source,
        name: "Rpl_semi_sync_source_wait_sessions",
        old_name: "Rpl_semi_sync_master_wait_sessions",
        kind: StatusKind::FuncLong,
        help: "Sessions asleep in a commit wait now",
        read: Read::Source(|source| {
            StatusValue::Number(u64::from(source.counters().wait_sessions))
        }),
    },
    StatusVariable {
        family: Family::Source,
        name: "Rpl_semi_sync_source_no_times",
        old_name: "Rpl_semi_sync_master_no_times",
        kind: StatusKind::Long,
        help: "Times the source fell back to asynchronous replication, also by being disabled",
        read: Read::Source(|source| StatusValue::Number(source.counters().no_times)),
    },
    StatusVariable {
        family: Family::Source,
        name: "Rpl_semi_sync_source_timefunc_failures",
        old_name: "Rpl_semi_sync_master_timefunc_failures",
        kind: StatusKind::Long,
        help: "Waits whose length was negative or did not fit into 32 bits",
        read: Read::Source(|source| StatusValue::Number(source.counters().timefunc_failures)),
    },
    StatusVariable {
        family: Family::Source,
        name: "Rpl_semi_sync_source_wait_pos_backtraverse",
        old_name: "Rpl_semi_sync_master_wait_pos_backtraverse",
        kind: StatusKind::Long,
        help: "Times a session waited for a position at or before the smallest one waited for",
        read: Read::Source(|source| StatusValue::Number(source.counters().wait_pos_backtraverse)),
    },
    StatusVariable {
        family: Family::Source,
        name: "Rpl_semi_sync_source_tx_wait_time",
        old_name: "Rpl_semi_sync_master_tx_wait_time",
        kind: StatusKind::FuncLong,
        help: "Microseconds of all waits that were woken",
        read: Read::Source(|source| StatusValue::Number(source.counters().tx_wait_time_us)),
    },
    StatusVariable {
        family: Family::Source,
        name: "Rpl_semi_sync_source_tx_waits",
        old_name: "Rpl_semi_sync_master_tx_waits",
        kind: StatusKind::FuncLong,
        help: "Times a waiting session was woken before its timeout",
        read: Read::Source(|source| StatusValue::Number(source.counters().tx_waits)),
    },
    StatusVariable {
        family: Family::Source,
        name: "Rpl_semi_sync_source_tx_avg_wait_time",
        old_name: "Rpl_semi_sync_master_tx_avg_wait_time",
        kind: StatusKind::FuncLong,
        help: "tx_wait_time divided by tx_waits, in whole microseconds",
        read: Read::Source(|source| StatusValue::Number(source.counters().tx_avg_wait_time_us())),
    },
    StatusVariable {
        family: Family::Source,
        name: "Rpl_semi_sync_source_net_wait_time",
        old_name: "Rpl_semi_sync_master_net_wait_time",
        kind: StatusKind::FuncLong,
        help: "Always 0",
        read: Read::Source(|_| StatusValue::Number(0)),
    },
    StatusVariable {
        family: Family::Source,
        name: "Rpl_semi_sync_source_net_waits",
        old_name: "Rpl_semi_sync_master_net_waits",
        kind: StatusKind::FuncLong,
        help: "Events sent that asked for an ACK, counted for each replica",
        read: Read::Source(|source| StatusValue::Number(source.counters().net_waits)),
    },
    StatusVariable {
        family: Family::Source,
        name: "Rpl_semi_sync_source_net_avg_wait_time",
        old_name: "Rpl_semi_sync_master_net_avg_wait_time",
        kind: StatusKind::FuncLong,
        help: "Always 0",
        read: Read::Source(|_| StatusValue::Number(0)),
    },
    StatusVariable {
        family: Family::Replica,
        name: "Rpl_semi_sync_replica_status",
        old_name: "Rpl_semi_sync_slave_status",
        kind: StatusKind::Bool,
        help: "Whether this replica receives semisynchronously now",
        read: Read::Replica(|replica| StatusValue::Status(replica.status())),
    },
];

impl StatusVariable {
    /// Those of a plugin, in the order it declares them.
    pub fn of_family(family: Family) -> impl Iterator<Item = &'static StatusVariable> {
        let all = STATUS_VARIABLES.iter();
        all.filter(move |variable| variable.family == family)
    }

    /// Its whole name.
    pub const fn name(&self, naming: Naming) -> &'static str {
        match naming {
            Naming::SourceReplica => self.name,
            Naming::MasterSlave => self.old_name,
        }
    }

    /// Its value in a source; `None` for the replica's variable.
    pub fn source_value(&self, source: &Source) -> Option<StatusValue> {
        match self.read {
            Read::Source(read) => Some(read(source)),
            Read::Replica(_) => None,
        }
    }

    /// Its value in a replica; `None` for the source's variables.
    pub fn replica_value(&self, replica: &Replica) -> Option<StatusValue> {
        match self.read {
            Read::Source(_) => None,
            Read::Replica(read) => Some(read(replica)),
        }
    }
}

impl fmt::Display for StatusValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StatusValue::Status(status) => status.fmt(f),
            StatusValue::Number(number) => number.fmt(f),
        }
    }
}
