//! A deterministic virtual cluster of MySQL servers.
//!
//! It owns virtual time, the event queue, servers with their engine, binary log, relay log, dump,
//! receiver and applier threads, the network, the disks, and faults. Every decision about commits
//! and ACKs, and every byte of the semisynchronous protocol, comes from `semisync-core`. It knows no
//! SQL text: the console hands it typed [`Operation`]s and prints what comes back.
//!
//! Same configuration, same inputs at the same times: same trace, natively and in wasm, byte for
//! byte. Start with [`cluster`].
#![forbid(unsafe_code)]

pub mod cluster;

mod queue;

mod sorted_map;

mod prng;

pub mod shared_log;

pub mod shared_map;

pub mod config;

mod server;

pub mod accounts;

pub mod variables;

pub mod engine;

pub mod binlog;

mod commit;

mod network;

mod replication;

pub mod gtid;

pub mod operation;

pub mod value;

pub mod expr;

pub mod fault;

pub mod trace;

pub mod view;

pub mod inspect;

pub mod checkers;

pub use cluster::{Cluster, command_denied, database_denied, needs, no_such_grant};
pub use config::{ClusterConfig, ServerConfig};
pub use fault::Fault;
pub use operation::{Completion, Operation, Outcome, SqlError, StatementId};
pub use shared_log::SharedLog;
pub use shared_map::SharedMap;
pub use trace::{TraceEvent, TraceKind};
pub use value::Value;
pub use view::ClusterView;

use serde::{Deserialize, Serialize};

/// A server of the cluster: its index in [`ClusterConfig::servers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ServerIndex(pub u16);

/// A client's connection to a server, unique in the life of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionKey(pub u64);

/// A packet on a virtual link, unique in the life of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PacketId(pub u64);

/// A transaction, unique in the life of a cluster; the same on every server it reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TransactionId(pub u64);
