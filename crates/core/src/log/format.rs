//! Number, level and text of each message.
//!
//! The texts are the server's, with C placeholders that [`LogMessage::args`] fills in order.

use core::fmt;

use super::{LogLevel, LogMessage, Observer};
use crate::Generation;

/// A message as a server of some generation prints it.
#[derive(Clone, Copy, Debug)]
pub struct LogText<'a> {
    message: &'a LogMessage,
    generation: Generation,
}

impl LogMessage {
    /// The number in the server's message file, printed as `MY-0…`.
    pub const fn number(&self) -> u32 {
        self.entry().0
    }

    /// Its severity.
    pub const fn level(&self) -> LogLevel {
        self.entry().1
    }

    /// The text as servers of this generation print it, with its arguments.
    pub const fn text(&self, generation: Generation) -> LogText<'_> {
        LogText {
            message: self,
            generation,
        }
    }

    /// The server's message text with C placeholders.
    pub const fn format(&self, generation: Generation) -> &'static str {
        match generation {
            Generation::V9_7 => self.entry().2,
            Generation::V5_5 | Generation::V8_4 => match self.old_format() {
                Some(old) => old,
                None => self.entry().2,
            },
        }
    }

    /// Whether the server prints it inside `Plugin semisync reported: '…'`.
    pub const fn is_wrapped(&self) -> bool {
        matches!(
            self,
            LogMessage::QueryFailedOnSource { .. }
                | LogMessage::NotSupportedBySource
                | LogMessage::AnnouncementFailed
        )
    }

    const fn entry(&self) -> (u32, LogLevel, &'static str) {
        use LogLevel::{Error, Note, Warning};
        use LogMessage as M;
        match self {
            M::Initialised => (
                11130,
                Note,
                "Semi-sync replication initialized for transactions.",
            ),
            M::PositionOutOfOrder { .. } => (
                11132,
                Error,
                "%s: binlog write out-of-order, tail (%s, %lu), new node (%s, %lu).",
            ),
            M::PositionInserted { .. } => (11133, Note, "%s: insert (%s, %lu) in entry(%u)."),
            M::PositionProbed { .. } => (11134, Note, "%s: probe (%s, %lu) in entry(%u)."),
            M::PositionsCleared => (11135, Note, "%s: cleared all nodes."),
            M::PositionsClearedBackTo { .. } => (
                11136,
                Note,
                "%s: cleared %d nodes back until pos (%s, %lu).",
            ),
            M::AckMagicNumberWrong => (11137, Error, "Read semi-sync reply magic number error."),
            M::AckTooShort => (
                11138,
                Error,
                "Read semi-sync reply length error: packet is too small.",
            ),
            M::AckFileNameTooLong => (
                11139,
                Error,
                "Read semi-sync reply binlog file length too large.",
            ),
            M::AckReceived { .. } => (11140, Note, "%s: Got reply(%s, %lu) from server %u."),
            M::EnabledOnSource => (11142, Note, "Semi-sync replication enabled on the source."),
            M::DisabledOnSource => (11144, Note, "Semi-sync replication disabled on the source."),
            M::ForcedShutdown => (
                11145,
                Warning,
                "SEMISYNC: Forced shutdown. Some updates might not be replicated.",
            ),
            M::ReplyAt { .. } => (11146, Note, "%s: Got reply at (%s, %lu)."),
            M::WaitersSignalled => (11147, Note, "%s: signal all waiting threads."),
            M::CommitWaitEntered { .. } => (11148, Note, "%s: wait pos (%s, %lu), repl(%d)."),
            M::ReplyIsAhead { .. } => (11149, Note, "%s: Binlog reply is ahead (%s, %lu)."),
            M::WaitPositionMovedBack { .. } => {
                (11150, Note, "%s: move back wait position (%s, %lu).")
            }
            M::WaitPositionSet { .. } => (11151, Note, "%s: init wait position (%s, %lu)."),
            M::CommitWaitSleeps { .. } => {
                (11152, Note, "%s: wait %lu ms for binlog sent (%s, %lu).")
            }
            M::CommitWaitTimedOut { .. } => (
                11153,
                Warning,
                "Timeout waiting for reply of binlog (file: %s, pos: %lu), semi-sync up to file \
                 %s, position %lu.",
            ),
            M::ElapsedTimeNegative { .. } => (
                11154,
                Note,
                "Assessment of waiting time for commitTrx failed at wait position (%s, %lu).",
            ),
            M::SwitchedOff => (11155, Note, "Semi-sync replication switched OFF."),
            M::SwitchedOn { .. } => (
                11156,
                Note,
                "Semi-sync replication switched ON at (%s, %lu).",
            ),
            M::NoSpaceForEventHeader => (
                11157,
                Warning,
                "No enough space in the packet for semi-sync extra header, semi-sync replication \
                 disabled.",
            ),
            M::EventFlagDecided { .. } => {
                (11158, Note, "%s: server(%d), (%s, %lu) sync(%d), repl(%d).")
            }
            M::PositionNotInserted { .. } => (
                11159,
                Warning,
                "Semi-sync failed to insert tranx_node for binlog file: %s, position: %lu.",
            ),
            M::EventFlushFailed => (
                11161,
                Error,
                "Semi-sync source failed on net_flush() before waiting for replica reply.",
            ),
            M::AckNotGreater => (
                11162,
                Note,
                "The received ack is smaller than m_greatest_ack.",
            ),
            M::AckStored { .. } => (11163, Note, "Add the ack into slot %u."),
            M::AckReplaced { .. } => (11164, Note, "Update an exsiting ack in slot %u."),
            M::AckReceiverStartFailed { .. } => (
                11165,
                Error,
                "Failed to start semi-sync ACK receiver thread,  could not create thread(errno:%d).",
            ),
            M::AckReceiverStarting => (11166, Note, "Starting ack receiver thread."),
            M::AckReceiverStopping => (11168, Note, "Stopping ack receiver thread."),
            M::DumpRegistrationFailed => (
                11169,
                Error,
                "Failed to register replica to semi-sync ACK receiver thread.",
            ),
            M::DumpStarted { .. } => (
                11170,
                Note,
                "Start %s binlog_dump to replica (server_id: %d), pos(%s, %lu).",
            ),
            M::DumpStopped { .. } => (
                11171,
                Note,
                "Stop %s binlog_dump to replica (server_id: %d).",
            ),
            M::ObserverNotUnregistered { observer } => match observer {
                Observer::Transaction => (11172, Error, "unregister_trans_observer failed."),
                Observer::BinlogStorage => {
                    (11173, Error, "unregister_binlog_storage_observer failed.")
                }
                Observer::BinlogTransmit => {
                    (11174, Error, "unregister_binlog_transmit_observer failed.")
                }
            },
            M::Unregistered => (11175, Note, "unregister_replicator OK."),
            M::EventHeaderRead { .. } => (11177, Note, "%s: reply - %d."),
            M::MagicNumberMissing { .. } => (
                11178,
                Error,
                "Missing magic number for semi-sync packet, packet len: %lu.",
            ),
            M::ReceiverStarted { .. } => (
                11179,
                Note,
                "Replica I/O thread: Start %s replication to source '%s@%s:%d' in log '%s' at \
                 position %lu.",
            ),
            M::AckAboutToBeSent { .. } => (11180, Note, "%s: reply (%s, %lu)."),
            M::AckFlushFailed => (11181, Error, "Semi-sync replica net_flush() reply failed."),
            M::AckWriteFailed { .. } => (
                11182,
                Error,
                "Semi-sync replica send reply failed: %s (%d).",
            ),
            M::QueryFailedOnSource { .. } => {
                (11183, Error, "Execution failed on source: %s; error %d")
            }
            M::NotSupportedBySource => (
                11184,
                Warning,
                "Source server does not support semi-sync, fallback to asynchronous replication",
            ),
            M::AnnouncementFailed => (
                11185,
                Error,
                "Set 'rpl_semi_sync_replica=1' on source failed",
            ),
            M::AckReceiverJoinFailed { .. } => (
                11186,
                Error,
                "Failed to stop ack receiver thread on my_thread_join, errno(%d).",
            ),
        }
    }

    /// The text of older servers, where it has the old words.
    const fn old_format(&self) -> Option<&'static str> {
        use LogMessage as M;
        Some(match self {
            M::EnabledOnSource => "Semi-sync replication enabled on the master.",
            M::DisabledOnSource => "Semi-sync replication disabled on the master.",
            M::EventFlushFailed => {
                "Semi-sync master failed on net_flush() before waiting for slave reply."
            }
            M::DumpRegistrationFailed => {
                "Failed to register slave to semi-sync ACK receiver thread."
            }
            M::DumpStarted { .. } => "Start %s binlog_dump to slave (server_id: %d), pos(%s, %lu).",
            M::DumpStopped { .. } => "Stop %s binlog_dump to slave (server_id: %d).",
            M::ReceiverStarted { .. } => {
                "Slave I/O thread: Start %s replication to master '%s@%s:%d' in log '%s' at \
                 position %lu."
            }
            M::AckFlushFailed => "Semi-sync slave net_flush() reply failed.",
            M::AckWriteFailed { .. } => "Semi-sync slave send reply failed: %s (%d).",
            M::QueryFailedOnSource { .. } => "Execution failed on master: %s; error %d",
            M::NotSupportedBySource => {
                "Master server does not support semi-sync, fallback to asynchronous replication"
            }
            M::AnnouncementFailed => "Set 'rpl_semi_sync_slave=1' on master failed",
            M::Initialised
            | M::ForcedShutdown
            | M::SwitchedOff
            | M::SwitchedOn { .. }
            | M::PositionOutOfOrder { .. }
            | M::CommitWaitTimedOut { .. }
            | M::ElapsedTimeNegative { .. }
            | M::PositionNotInserted { .. }
            | M::AckMagicNumberWrong
            | M::AckTooShort
            | M::AckFileNameTooLong
            | M::NoSpaceForEventHeader
            | M::AckReceiverStartFailed { .. }
            | M::AckReceiverStarting
            | M::AckReceiverStopping
            | M::AckReceiverJoinFailed { .. }
            | M::ObserverNotUnregistered { .. }
            | M::Unregistered
            | M::PositionInserted { .. }
            | M::PositionProbed { .. }
            | M::PositionsCleared
            | M::PositionsClearedBackTo { .. }
            | M::AckReceived { .. }
            | M::ReplyAt { .. }
            | M::WaitersSignalled
            | M::CommitWaitEntered { .. }
            | M::ReplyIsAhead { .. }
            | M::WaitPositionMovedBack { .. }
            | M::WaitPositionSet { .. }
            | M::CommitWaitSleeps { .. }
            | M::EventFlagDecided { .. }
            | M::AckNotGreater
            | M::AckStored { .. }
            | M::AckReplaced { .. }
            | M::EventHeaderRead { .. }
            | M::MagicNumberMissing { .. }
            | M::AckAboutToBeSent { .. } => return None,
        })
    }
}

impl LogLevel {
    /// The label in the error log.
    pub const fn as_str(self) -> &'static str {
        match self {
            LogLevel::Error => "ERROR",
            LogLevel::Warning => "Warning",
            LogLevel::Note => "Note",
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for LogText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let args = self.message.args();
        let mut args = args.as_slice().iter();
        if self.message.is_wrapped() {
            f.write_str("Plugin semisync reported: '")?;
        }
        let mut rest = self.message.format(self.generation);
        while let Some((before, placeholder)) = rest.split_once('%') {
            f.write_str(before)?;
            if let Some(arg) = args.next() {
                arg.fmt(f)?;
            }
            rest = placeholder.trim_start_matches('l');
            rest = rest.get(1..).unwrap_or_default();
        }
        f.write_str(rest)?;
        if self.message.is_wrapped() {
            f.write_str("'")?;
        }
        Ok(())
    }
}

/// The text of 9.7.
impl fmt::Display for LogMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text(Generation::V9_7).fmt(f)
    }
}
