//! How each fact of the trace looks on the tape and reads in the feed.

use semisync_core::Instant;
use semisync_core::log::LogLevel;
use semisync_core::source::WaitOutcome;
use semisync_sim::trace::{Answer, Lane, PacketKind};
use semisync_sim::{TraceEvent, TraceKind, TransactionId};

use super::names::Names;
use super::narration::sentence;

/// One mark of the tape.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Its number in the trace.
    pub seq: usize,
    /// When.
    pub at: Instant,
    /// Where it is drawn.
    pub lane: Lane,
    /// Where on the tape, in tape microseconds.
    pub x: f64,
    /// The true length of the gap before it, in microseconds.
    pub gap_us: u64,
    /// Its form.
    pub shape: Shape,
    /// Its colour, by meaning.
    pub tone: Tone,
    /// One or two words.
    pub label: &'static str,
    /// One sentence.
    pub sentence: String,
    /// The transaction it belongs to.
    pub transaction: Option<TransactionId>,
}

/// The form of a mark: meaning is never in the colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A detail.
    Dot,
    /// Something went to a disk or an engine.
    Square,
    /// A packet leaves.
    Send,
    /// A packet arrives.
    Receive,
    /// An ACK counted, an OK given.
    Check,
    /// A wait begins.
    Clock,
    /// It fell back.
    Fall,
    /// Broken or lost.
    Cross,
    /// An operator's deed or a change of setting.
    Flag,
}

/// What a colour means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A client's.
    Client,
    /// The source's.
    Source,
    /// A replica's.
    Replica,
    /// Acknowledged.
    Ack,
    /// Waiting.
    Waiting,
    /// Fallen back.
    Fallen,
    /// Lost or broken.
    Lost,
    /// An operator's.
    Operator,
    /// Of no weight.
    Quiet,
}

impl Tone {
    /// The name of its style class.
    pub fn class(self) -> &'static str {
        match self {
            Tone::Client => "tone-client",
            Tone::Source => "tone-source",
            Tone::Replica => "tone-replica",
            Tone::Ack => "tone-ack",
            Tone::Waiting => "tone-waiting",
            Tone::Fallen => "tone-fallen",
            Tone::Lost => "tone-lost",
            Tone::Operator => "tone-operator",
            Tone::Quiet => "tone-quiet",
        }
    }
}

impl Mark {
    /// The mark of a fact; the tape sets its place.
    pub fn new(event: &TraceEvent, names: &Names) -> Mark {
        let (shape, tone, label) = look(&event.kind);
        Mark {
            seq: usize::try_from(event.seq).unwrap_or(usize::MAX),
            at: event.at,
            lane: event.lane,
            x: 0.0,
            gap_us: 0,
            shape,
            tone,
            label,
            sentence: sentence(event, names),
            transaction: event.transaction,
        }
    }

    /// Whether a person who steps through wants to see it named: all but details.
    pub fn is_major(&self) -> bool {
        self.shape != Shape::Dot
    }
}

/// Whether a packet is part of the data flow, not of keeping a connection.
pub fn carries_data(what: &PacketKind) -> bool {
    match what {
        PacketKind::BinlogEvent { .. } | PacketKind::Ack { .. } => true,
        PacketKind::Handshake(_) | PacketKind::Heartbeat | PacketKind::Goodbye => false,
    }
}

/// The colour of a packet.
pub fn packet_tone(what: &PacketKind) -> Tone {
    match what {
        PacketKind::BinlogEvent { .. } => Tone::Source,
        PacketKind::Ack { .. } => Tone::Ack,
        PacketKind::Handshake(_) | PacketKind::Heartbeat | PacketKind::Goodbye => Tone::Quiet,
    }
}

fn look(kind: &TraceKind) -> (Shape, Tone, &'static str) {
    match kind {
        TraceKind::SessionOpened { .. } => (Shape::Dot, Tone::Client, "connected"),
        TraceKind::SessionClosed => (Shape::Dot, Tone::Client, "disconnected"),
        TraceKind::StatementSent { .. } => (Shape::Send, Tone::Client, "statement"),
        TraceKind::StatementAnswered { answer, .. } => match answer {
            Answer::Ok => (Shape::Check, Tone::Client, "answer"),
            Answer::Error(_) => (Shape::Cross, Tone::Client, "error"),
            Answer::LostConnection => (Shape::Cross, Tone::Lost, "connection lost"),
        },
        TraceKind::LockWaitStarted { .. } => (Shape::Clock, Tone::Waiting, "waits for a lock"),
        TraceKind::LockWaitEnded { .. } => (Shape::Dot, Tone::Client, "got the lock"),
        TraceKind::Prepared { .. } => (Shape::Dot, Tone::Source, "prepared"),
        TraceKind::BinlogFlushed { .. } => (Shape::Square, Tone::Source, "binary log written"),
        TraceKind::BinlogSynced { .. } => (Shape::Square, Tone::Source, "binary log fsynced"),
        TraceKind::CommitWaitStarted { .. } => (Shape::Clock, Tone::Waiting, "waits for ACK"),
        TraceKind::CommitWaitEnded { outcome, .. } => match outcome {
            WaitOutcome::Acknowledged => (Shape::Check, Tone::Ack, "acknowledged"),
            WaitOutcome::TimedOut => (Shape::Fall, Tone::Fallen, "timeout"),
            WaitOutcome::Asynchronous => (Shape::Fall, Tone::Fallen, "asynchronous"),
            WaitOutcome::NotWaited => (Shape::Dot, Tone::Quiet, "no wait"),
        },
        TraceKind::EngineCommitted { .. } => (Shape::Square, Tone::Source, "committed"),
        TraceKind::RolledBack { .. } => (Shape::Cross, Tone::Quiet, "rolled back"),
        TraceKind::PacketSent { what, .. } => {
            let shape = if carries_data(what) {
                Shape::Send
            } else {
                Shape::Dot
            };
            (shape, packet_tone(what), packet_label(what))
        }
        TraceKind::PacketDelivered { what, .. } => {
            let shape = if carries_data(what) {
                Shape::Receive
            } else {
                Shape::Dot
            };
            (shape, packet_tone(what), packet_label(what))
        }
        TraceKind::PacketLost { .. } => (Shape::Cross, Tone::Lost, "packet lost"),
        TraceKind::ConnectionBroken { .. } => (Shape::Cross, Tone::Lost, "connection broken"),
        TraceKind::ReceiverStarted => (Shape::Dot, Tone::Replica, "receiver starts"),
        TraceKind::ReceiverConnected { .. } => (Shape::Flag, Tone::Replica, "receiver connected"),
        TraceKind::ReceiverStopped => (Shape::Dot, Tone::Replica, "receiver stopped"),
        TraceKind::ApplierStarted => (Shape::Dot, Tone::Replica, "applier starts"),
        TraceKind::ApplierStopped => (Shape::Dot, Tone::Replica, "applier stopped"),
        TraceKind::RelayLogWritten { .. } => (Shape::Square, Tone::Replica, "relay log written"),
        TraceKind::RelayLogSynced { .. } => (Shape::Dot, Tone::Replica, "relay log fsynced"),
        TraceKind::Applied { .. } => (Shape::Square, Tone::Replica, "applied"),
        TraceKind::DumpStarted { .. } => (Shape::Flag, Tone::Source, "dump starts"),
        TraceKind::DumpStopped { .. } => (Shape::Dot, Tone::Source, "dump ends"),
        TraceKind::AckReceived { .. } => (Shape::Check, Tone::Ack, "ACK"),
        TraceKind::SwitchedOn { .. } => (Shape::Flag, Tone::Ack, "semisync ON"),
        TraceKind::SwitchedOff => (Shape::Fall, Tone::Fallen, "semisync OFF"),
        TraceKind::PluginInstalled { .. } => (Shape::Flag, Tone::Operator, "plugin installed"),
        TraceKind::PluginUninstalled { .. } => (Shape::Flag, Tone::Operator, "plugin removed"),
        TraceKind::VariableSet { .. } => (Shape::Flag, Tone::Operator, "variable set"),
        TraceKind::FaultInjected { .. } => (Shape::Flag, Tone::Operator, "your hand"),
        TraceKind::ServerCrashed { .. } => (Shape::Cross, Tone::Lost, "crash"),
        TraceKind::ServerStopped => (Shape::Cross, Tone::Quiet, "stopped"),
        TraceKind::ServerStarting => (Shape::Dot, Tone::Quiet, "starts"),
        TraceKind::ServerReady => (Shape::Flag, Tone::Quiet, "ready"),
        TraceKind::TransactionLost { .. } => (Shape::Cross, Tone::Lost, "transaction lost"),
        TraceKind::LogLine { level, .. } => match level {
            LogLevel::Error => (Shape::Dot, Tone::Lost, "error log"),
            LogLevel::Warning => (Shape::Dot, Tone::Fallen, "error log"),
            LogLevel::Note => (Shape::Dot, Tone::Quiet, "error log"),
        },
    }
}

fn packet_label(what: &PacketKind) -> &'static str {
    match what {
        PacketKind::BinlogEvent {
            ack_requested: Some(true),
            ..
        } => "event, please ACK",
        PacketKind::BinlogEvent { .. } => "event",
        PacketKind::Ack { .. } => "ACK",
        PacketKind::Handshake(_) => "handshake",
        PacketKind::Heartbeat => "heartbeat",
        PacketKind::Goodbye => "goodbye",
    }
}
