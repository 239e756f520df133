//! What can go wrong, as data.

use semisync_core::Generation;
use serde::{Deserialize, Serialize};

use crate::{PacketId, ServerIndex};

/// A fault, or its end. Servers and packets that do not exist, and faults that make no sense now, are
/// refused with a reason ([`FaultError`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// The process dies at once (kill -9). What was written to files stays.
    Crash(ServerIndex),
    /// The machine loses power: what was not fsynced is gone too.
    PowerCut(ServerIndex),
    /// Orderly shutdown.
    Shutdown(ServerIndex),
    /// Start after a crash, power cut or shutdown.
    Start(ServerIndex),
    /// A server that is down gets the programs of a newer series; its data stays.
    Upgrade(ServerIndex, Generation),
    /// The process is stopped; connections stay.
    Freeze(ServerIndex),
    /// It goes on.
    Thaw(ServerIndex),
    /// The link between two servers loses nothing and delivers nothing.
    CutLink(ServerIndex, ServerIndex),
    /// It delivers again.
    HealLink(ServerIndex, ServerIndex),
    /// One-way latency of a link, in microseconds, from now on.
    SetLinkLatency(ServerIndex, ServerIndex, u64),
    /// Time to apply one transaction on a server, in microseconds, from now on.
    SetApplyTime(ServerIndex, u64),
    /// One packet in flight is kept until it is released.
    HoldPacket(PacketId),
    /// A held packet travels on.
    ReleasePacket(PacketId),
    /// One packet in flight is lost; on a TCP link that breaks the connection.
    DropPacket(PacketId),
}

/// Why a fault was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultError {
    /// One sentence for the person who asked, naming what would be possible.
    pub reason: String,
}

impl std::fmt::Display for FaultError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for FaultError {}
