//! Each step of a recording in a line, for people.

use core::fmt;

use semisync_core::Generation;
use semisync_core::source::{Input, Output, WaitOutcome, WakeCause};
use semisync_core::wire::AckError;

/// An input as a sentence.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a>(pub &'a Input);

/// An output as a few words.
#[derive(Clone, Copy, Debug)]
pub struct Ordered<'a>(pub &'a Output);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Input::EnabledSet(value) => set(f, "enabled", on_off(*value)),
            Input::TimeoutSet(millis) => set(f, "timeout", millis),
            Input::WaitNoReplicaSet(value) => set(f, "wait_no_replica", on_off(*value)),
            Input::WaitForReplicaCountSet(count) => set(f, "wait_for_replica_count", count),
            Input::WaitPointSet(wait_point) => set(f, "wait_point", wait_point),
            Input::TraceLevelSet(level) => set(f, "trace_level", level),
            Input::AckReceiverStartFailed { errno } => {
                write!(f, "the ACK receiver could not start (errno {errno})")
            }
            Input::BinlogFlushed { position } => write!(f, "flushed up to {position}"),
            Input::CommitQueueSynced { session, position } => {
                write!(f, "commits synced")?;
                at(f, position.as_ref())?;
                write!(f, ", leader {}", session.0)
            }
            Input::TransactionCommitted {
                session,
                position,
                is_real_transaction: _,
            } => {
                write!(f, "transaction committed")?;
                at(f, position.as_ref())?;
                write!(f, ", session {}", session.0)
            }
            Input::SessionWoken { ticket: _, cause } => f.write_str(match cause {
                WakeCause::Signalled => "a waiting session runs again",
                WakeCause::DeadlineReached => "a waiting session reached its timeout",
            }),
            Input::DumpStarted {
                server_id,
                position,
                semisync,
            } => {
                let kind = kind(*semisync);
                write!(f, "{kind} replica {} asks for {position}", server_id.0)
            }
            Input::DumpRegistrationFailed { server_id } => {
                write!(f, "replica {} could not be registered", server_id.0)
            }
            Input::DumpStopped {
                server_id,
                semisync,
            } => write!(f, "{} replica {} left", kind(*semisync), server_id.0),
            Input::EventAboutToBeSent {
                server_id,
                position,
            } => write!(f, "event up to {position} for replica {}", server_id.0),
            Input::EventSent { ack_requested } => f.write_str(match ack_requested {
                true => "event that asks for an ACK sent",
                false => "event sent",
            }),
            Input::EventFlushFailed => f.write_str("an event could not be sent"),
            Input::EventHeaderDidNotFit => f.write_str("no room for the event header"),
            Input::AckReceived {
                server_id,
                position,
            } => write!(f, "ACK {position} from replica {}", server_id.0),
            Input::ReplicaHasReceived { server_id, mark: _ } => {
                write!(
                    f,
                    "replica {} asked for nothing flushed so far",
                    server_id.0
                )
            }
            Input::AckRejected { error } => f.write_str(match error {
                AckError::MagicNumber => "a packet with a wrong magic number",
                AckError::TooShort => "an ACK that is too short",
                AckError::FileNameTooLong => "an ACK whose file name is too long",
                AckError::Goodbye => "a goodbye",
            }),
            Input::BinaryLogsReset => f.write_str("RESET BINARY LOGS AND GTIDS"),
            Input::StatusFlushed => f.write_str("FLUSH STATUS"),
            Input::ShutdownStarted => f.write_str("the server shuts down"),
        }
    }
}

impl fmt::Display for Ordered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Output::SessionSleeps { session, .. } => write!(f, "session {} waits", session.0),
            Output::WakeSession { session, .. } => write!(f, "wake session {}", session.0),
            Output::CommitReleased { session, outcome } => {
                let how = match outcome {
                    WaitOutcome::Acknowledged => "acknowledged",
                    WaitOutcome::TimedOut => "timed out",
                    WaitOutcome::Asynchronous => "asynchronous",
                    WaitOutcome::NotWaited => "no wait here",
                };
                write!(f, "session {} goes on: {how}", session.0)
            }
            Output::EventFlag { ack_requested } => f.write_str(match ack_requested {
                true => "ask for an ACK",
                false => "ask for nothing",
            }),
            Output::StartAckReceiver => f.write_str("start the ACK receiver"),
            Output::StopAckReceiver => f.write_str("stop the ACK receiver"),
            Output::Log(message) => {
                let number = message.number();
                write!(f, "log {number}: {}", message.text(Generation::V9_7))
            }
        }
    }
}

fn set(f: &mut fmt::Formatter<'_>, name: &str, value: impl fmt::Display) -> fmt::Result {
    write!(f, "SET GLOBAL rpl_semi_sync_source_{name} = {value}")
}

fn at(f: &mut fmt::Formatter<'_>, position: Option<&impl fmt::Display>) -> fmt::Result {
    match position {
        Some(position) => write!(f, " up to {position}"),
        None => f.write_str(" without a position"),
    }
}

fn on_off(value: bool) -> &'static str {
    if value { "ON" } else { "OFF" }
}

fn kind(semisync: bool) -> &'static str {
    match semisync {
        true => "semisynchronous",
        false => "asynchronous",
    }
}
