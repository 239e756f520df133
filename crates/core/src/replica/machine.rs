//! The machine itself.
//!
//! The handshake asks whether the source knows semisynchronous replication, and announces this
//! replica; after that every packet has the event header of [`crate::wire::event_header`].

use alloc::collections::VecDeque;

use super::{Input, Output, QueryError, SendError};
use crate::Generation;
use crate::log::LogMessage;
use crate::position::BinlogPosition;
use crate::source::SemisyncStatus;
use crate::time::Instant;
use crate::wire::{AckPacket, EventHeader};

/// What a replica is made with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReplicaConfig {
    /// Which series it behaves like.
    pub generation: Generation,
    /// What a reconnect does after the plugin was disabled under a running receiver.
    pub disable_conduct: DisableConduct,
}

/// What happens when a receiver reconnects after `rpl_semi_sync_replica_enabled` was set OFF.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum DisableConduct {
    /// As the stock plugin: the status stays ON, the next packet lacks its header, and the receiver
    /// thread stops (11178).
    #[default]
    Stock,
    /// The status follows the handshake: replication goes on asynchronously.
    Graceful,
}

/// One channel of a semisynchronous replica.
///
/// Driven like [`crate::source::Source`]: `handle`, then `poll_output` until `None`, then the next
/// `handle`. (Asserted.) It has no deadlines.
#[derive(Clone, Debug)]
pub struct Replica {
    config: ReplicaConfig,
    is_enabled: bool,
    trace_level: u64,
    status: SemisyncStatus,
    ack_requested: bool,
    handshake: Handshake,
    outputs: VecDeque<Output>,
}

/// The query whose answer is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handshake {
    Idle,
    Probing,
    ProbingOldName,
    Announcing,
}

impl Replica {
    /// A disabled replica.
    pub fn new(config: ReplicaConfig) -> Replica {
        Replica {
            config,
            is_enabled: false,
            trace_level: 32,
            status: SemisyncStatus::Off,
            ack_requested: false,
            handshake: Handshake::Idle,
            outputs: VecDeque::new(),
        }
    }

    /// Tells the machine what happened at `now`.
    pub fn handle(&mut self, _now: Instant, input: Input) {
        assert!(
            self.outputs.is_empty(),
            "poll_output must be drained before the next handle"
        );
        match input {
            Input::EnabledSet(value) => self.is_enabled = value,
            Input::TraceLevelSet(level) => self.trace_level = level,
            Input::ReceiverStarted {
                user,
                host,
                port,
                position,
            } => {
                if self.is_enabled {
                    self.status = SemisyncStatus::On;
                }
                self.log(LogMessage::ReceiverStarted {
                    semisync: self.is_enabled,
                    user,
                    host,
                    port,
                    position,
                });
            }
            Input::DumpAboutToBeRequested => self.begin_handshake(),
            Input::QueryAnswered(answer) => self.query_answered(answer),
            Input::PacketRead { packet_len, head } => self.packet_read(packet_len, head),
            Input::EventQueued { position } => self.event_queued(position),
            Input::AckSendFailed(SendError::Write { message, errno }) => {
                self.log(LogMessage::AckWriteFailed { message, errno });
            }
            Input::AckSendFailed(SendError::Flush) => self.log(LogMessage::AckFlushFailed),
            Input::ReceiverStopped => {
                self.status = SemisyncStatus::Off;
                self.handshake = Handshake::Idle;
            }
        }
    }

    /// The next thing the host should do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The configuration it was made with.
    pub fn config(&self) -> &ReplicaConfig {
        &self.config
    }

    /// What the operator set (`rpl_semi_sync_replica_enabled`).
    pub fn is_enabled(&self) -> bool {
        self.is_enabled
    }

    /// `rpl_semi_sync_replica_trace_level`.
    pub fn trace_level(&self) -> u64 {
        self.trace_level
    }

    /// What replication is doing (`Rpl_semi_sync_replica_status`).
    pub fn status(&self) -> SemisyncStatus {
        self.status
    }

    /// Whether UNINSTALL PLUGIN may go on: the status is OFF.
    pub fn can_uninstall(&self) -> bool {
        self.status == SemisyncStatus::Off
    }

    fn begin_handshake(&mut self) {
        if self.is_enabled {
            let (handshake, query) = match self.config.generation {
                Generation::V5_5 => (Handshake::ProbingOldName, PROBE_OLD_NAME),
                Generation::V8_4 | Generation::V9_7 => (Handshake::Probing, PROBE),
            };
            return self.query(handshake, query);
        }
        match self.config.disable_conduct {
            DisableConduct::Stock => {}
            DisableConduct::Graceful => self.status = SemisyncStatus::Off,
        }
        self.outputs.push_back(Output::RequestDump);
    }

    fn query_answered(&mut self, answer: Result<(), QueryError>) {
        match (self.handshake, answer) {
            (Handshake::Idle, _) => {
                panic!("a query was answered that was not sent: see Output::Query")
            }
            (Handshake::Probing | Handshake::ProbingOldName, Ok(())) => {
                let query = announcement(self.config.generation);
                self.query(Handshake::Announcing, query);
            }
            (Handshake::Probing, Err(error)) if is_unknown(&error) && self.knows_old_names() => {
                self.query(Handshake::ProbingOldName, PROBE_OLD_NAME);
            }
            (Handshake::Probing | Handshake::ProbingOldName, Err(error)) => {
                self.probe_failed(&error);
            }
            (Handshake::Announcing, Ok(())) => {
                self.status = SemisyncStatus::On;
                self.end_handshake(Output::RequestDump);
            }
            (Handshake::Announcing, Err(_)) => {
                self.log(LogMessage::AnnouncementFailed);
                self.end_handshake(Output::RefuseDump);
            }
        }
    }

    fn probe_failed(&mut self, error: &QueryError) {
        if is_unknown(error) {
            self.log(LogMessage::NotSupportedBySource);
            self.status = SemisyncStatus::Off;
            return self.end_handshake(Output::RequestDump);
        }
        let query = match self.handshake {
            Handshake::ProbingOldName => PROBE_OLD_NAME,
            Handshake::Idle | Handshake::Probing | Handshake::Announcing => PROBE,
        };
        self.log(LogMessage::QueryFailedOnSource {
            query: query.into(),
            errno: error.errno,
        });
        self.end_handshake(Output::RefuseDump);
    }

    fn packet_read(&mut self, packet_len: usize, head: [u8; EventHeader::LEN]) {
        if self.status == SemisyncStatus::Off {
            return;
        }
        let head = &head[..packet_len.min(EventHeader::LEN)];
        let Ok((header, _)) = EventHeader::decode(head) else {
            self.log(LogMessage::MagicNumberMissing {
                packet_len: packet_len as u64,
            });
            return self.outputs.push_back(Output::StopReceiver);
        };
        self.ack_requested = header.ack_requested;
        if self.traces_detail() {
            self.log(LogMessage::EventHeaderRead {
                ack_requested: header.ack_requested,
            });
        }
        self.outputs.push_back(Output::SkipHeader(EventHeader::LEN));
    }

    fn event_queued(&mut self, position: BinlogPosition) {
        if self.status == SemisyncStatus::Off || !self.ack_requested {
            return;
        }
        if self.traces_detail() {
            self.log(LogMessage::AckAboutToBeSent {
                position: position.clone(),
            });
        }
        self.outputs
            .push_back(Output::SendAck(AckPacket { position }));
    }

    fn query(&mut self, handshake: Handshake, query: &'static str) {
        self.handshake = handshake;
        self.outputs.push_back(Output::Query(query));
    }

    fn end_handshake(&mut self, verdict: Output) {
        self.handshake = Handshake::Idle;
        self.outputs.push_back(verdict);
    }

    fn knows_old_names(&self) -> bool {
        match self.config.generation {
            Generation::V5_5 | Generation::V8_4 => true,
            Generation::V9_7 => false,
        }
    }

    fn traces_detail(&self) -> bool {
        self.trace_level & TRACE_DETAIL != 0
    }

    fn log(&mut self, message: LogMessage) {
        self.outputs.push_back(Output::Log(message));
    }
}

/// "The variable exists" is enough; its value is not looked at.
fn is_unknown(error: &QueryError) -> bool {
    error.errno == ER_UNKNOWN_SYSTEM_VARIABLE
}

const fn announcement(generation: Generation) -> &'static str {
    match generation {
        Generation::V5_5 => ANNOUNCE_OLD_NAME,
        Generation::V8_4 => ANNOUNCE_BOTH_NAMES,
        Generation::V9_7 => ANNOUNCE,
    }
}

/// Every query the machine can ask.
#[cfg(feature = "serde")]
pub(super) const QUERIES: [&str; 5] = [
    PROBE,
    PROBE_OLD_NAME,
    ANNOUNCE,
    ANNOUNCE_BOTH_NAMES,
    ANNOUNCE_OLD_NAME,
];

const PROBE: &str = "SELECT @@global.rpl_semi_sync_source_enabled";
const PROBE_OLD_NAME: &str = "SELECT @@global.rpl_semi_sync_master_enabled";
const ANNOUNCE: &str = "SET @rpl_semi_sync_replica = 1";
const ANNOUNCE_BOTH_NAMES: &str = "SET @rpl_semi_sync_replica = 1, @rpl_semi_sync_slave = 1";
const ANNOUNCE_OLD_NAME: &str = "SET @rpl_semi_sync_slave= 1";
const ER_UNKNOWN_SYSTEM_VARIABLE: u32 = 1193;
const TRACE_DETAIL: u64 = 16;
