//! A snapshot of the cluster as plain data: what the page draws.

use semisync_core::source::SemisyncStatus;
use semisync_core::{BinlogPosition, Generation, Instant};
use serde::{Deserialize, Serialize};

use crate::trace::PacketKind;
use crate::{PacketId, ServerIndex, SessionKey, TransactionId};

/// Everything visible at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterView {
    /// Cluster time.
    pub now: Instant,
    /// The servers, in order.
    pub servers: Vec<ServerView>,
    /// Links between servers that replicate or are disturbed.
    pub links: Vec<LinkView>,
    /// Packets in flight or held.
    pub packets: Vec<PacketView>,
}

/// One server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerView {
    /// Which.
    pub index: ServerIndex,
    /// Its name.
    pub name: String,
    /// Its series.
    pub generation: Generation,
    /// Whether it runs.
    pub state: ServerState,
    /// End of its binary log as written.
    pub binlog_end: BinlogPosition,
    /// `gtid_executed`
    pub gtid_executed: String,
    /// Rows visible to a new reader, summed over all user tables.
    pub visible_rows: u64,
    /// The source side of the plugin, when installed.
    pub source: Option<SourceView>,
    /// The replica side of the plugin, when installed.
    pub replica_plugin: Option<ReplicaPluginView>,
    /// Its replication channel, when configured.
    pub channel: Option<ChannelView>,
    /// Client sessions.
    pub sessions: Vec<SessionView>,
    /// Transactions in its binary log that wait for an ACK now, oldest first.
    pub waiting: Vec<WaitView>,
}

/// Whether a server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServerState {
    /// Accepts connections.
    Running,
    /// Coming up.
    Starting,
    /// Process stopped, connections open.
    Frozen,
    /// Shutting down.
    Stopping,
    /// Shut down.
    Stopped,
    /// Died.
    Crashed,
}

/// The source plugin of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceView {
    /// Configured.
    pub enabled: bool,
    /// Effective.
    pub status: SemisyncStatus,
    /// Negotiated: registered semisynchronous replicas.
    pub clients: u32,
    /// `rpl_semi_sync_source_timeout`
    pub timeout_ms: u64,
    /// `rpl_semi_sync_source_wait_point` as printed.
    pub wait_point: String,
    /// `rpl_semi_sync_source_wait_for_replica_count`
    pub wait_for_replica_count: u16,
    /// `rpl_semi_sync_source_wait_no_replica`
    pub wait_no_replica: bool,
    /// Greatest acknowledged position.
    pub acknowledged: Option<BinlogPosition>,
    /// Status variables in the order of SHOW STATUS: name and printed value.
    pub status_variables: Vec<(String, String)>,
}

/// The replica plugin of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaPluginView {
    /// Configured.
    pub enabled: bool,
    /// Effective.
    pub status: SemisyncStatus,
}

/// A replication channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelView {
    /// The source it is configured for, when it is one of the cluster.
    pub source: Option<ServerIndex>,
    /// `Yes`, `Connecting`, `No`
    pub receiver: String,
    /// `Yes`, `No`
    pub applier: String,
    /// Negotiated: whether its dump is semisynchronous.
    pub semisync: bool,
    /// What its relay log has, in the source's coordinates.
    pub received: BinlogPosition,
    /// What it has applied, in the source's coordinates.
    pub applied: BinlogPosition,
    /// Transactions received and not applied yet.
    pub to_apply: u64,
}

/// A client session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// Which.
    pub key: SessionKey,
    /// Id in SHOW PROCESSLIST.
    pub processlist_id: u64,
    /// The statement it runs, if any.
    pub statement: Option<String>,
    /// State text of SHOW PROCESSLIST.
    pub state: String,
    /// Whether it is in an explicit transaction.
    pub in_transaction: bool,
}

/// A commit wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitView {
    /// Whose.
    pub session: SessionKey,
    /// Which transaction.
    pub transaction: Option<TransactionId>,
    /// For what.
    pub position: BinlogPosition,
    /// Since when.
    pub since: Instant,
    /// Until when at most.
    pub deadline: Instant,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkView {
    /// One end (the source, when it replicates).
    pub from: ServerIndex,
    /// The other end.
    pub to: ServerIndex,
    /// Whether a dump runs over it.
    pub connected: bool,
    /// Whether that dump is semisynchronous.
    pub semisync: bool,
    /// Whether it is cut.
    pub cut: bool,
    /// One-way latency.
    pub latency_us: u64,
}

/// A packet in flight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacketView {
    /// Which.
    pub id: PacketId,
    /// Sender.
    pub from: ServerIndex,
    /// Receiver.
    pub to: ServerIndex,
    /// When it was sent.
    pub sent: Instant,
    /// When it will arrive; `None` while held or the link is cut.
    pub due: Option<Instant>,
    /// Its bytes as on the wire, for the hex view (payload of semisynchronous packets; the event
    /// itself is represented by its common header).
    pub bytes: Vec<u8>,
    /// What it carries.
    pub what: PacketKind,
    /// The transaction it belongs to, if any.
    pub transaction: Option<TransactionId>,
}
