//! What a host tells the replica machine, and what the machine orders.

use alloc::string::String;

use crate::log::LogMessage;
use crate::position::BinlogPosition;
use crate::wire::AckPacket;

/// What happened on one channel of a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Input {
    /// `rpl_semi_sync_replica_enabled` was set. A running receiver thread does not notice.
    EnabledSet(bool),
    /// `rpl_semi_sync_replica_trace_level` was set.
    TraceLevelSet(u64),
    /// The receiver thread started (`thread_start`; not on an ordinary reconnect).
    ReceiverStarted {
        /// The replication account's user name.
        user: String,
        /// The source's host.
        host: String,
        /// The source's port.
        port: u32,
        /// Where the receiver will ask to start.
        position: BinlogPosition,
    },
    /// The receiver is about to request the dump (`before_request_transmit`; each reconnect too).
    DumpAboutToBeRequested,
    /// The source answered the query of [`Output::Query`].
    QueryAnswered(Result<(), QueryError>),
    /// A packet was read, without the dump's OK byte (`after_read_event`).
    PacketRead {
        /// Length of the packet, with the event header.
        packet_len: usize,
        /// Its first two bytes, or fewer if it is shorter.
        head: [u8; 2],
    },
    /// The event of the last packet is written to the relay log (`after_queue_event`).
    EventQueued {
        /// The source's position after the event.
        position: BinlogPosition,
    },
    /// The ACK of [`Output::SendAck`] could not be sent. The receiver goes on.
    AckSendFailed(SendError),
    /// The receiver thread ended (`thread_stop`).
    ReceiverStopped,
}

/// An error the source answered a query with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct QueryError {
    /// The server's error number.
    pub errno: u32,
}

/// Where sending an ACK failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum SendError {
    /// Writing the packet failed.
    Write {
        /// The network layer's text.
        message: String,
        /// The network layer's number.
        errno: u32,
    },
    /// Flushing it failed.
    Flush,
}

/// A query of the machine. (The alias keeps serde from asking for input that lives for ever.)
pub type QueryText = &'static str;

/// What the host should do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Output {
    /// Send this query to the source on the receiver's connection and report
    /// [`Input::QueryAnswered`].
    Query(#[cfg_attr(feature = "serde", serde(deserialize_with = "known_query"))] QueryText),
    /// Go on and request the dump: the handshake is over.
    RequestDump,
    /// Do not request the dump: the hook fails and the receiver reconnects later.
    RefuseDump,
    /// Skip this many bytes at the start of the packet; the event follows. Not given when the
    /// status is OFF: then the packet is the event.
    SkipHeader(usize),
    /// The packet breaks the protocol: the hook fails and the receiver thread stops (13117).
    StopReceiver,
    /// Send an ACK. On a compressed connection clear the packet sequence once more afterwards.
    SendAck(AckPacket),
    /// Write a line to the error log.
    Log(LogMessage),
}

/// The machine's queries are static texts, so reading one back finds the machine's own.
#[cfg(feature = "serde")]
fn known_query<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<&'static str, D::Error> {
    let text: String = serde::Deserialize::deserialize(deserializer)?;
    let known = super::machine::QUERIES
        .into_iter()
        .find(|query| *query == text);
    known.ok_or_else(|| serde::de::Error::custom("not a query of the replica machine"))
}
