//! The arguments of a message, in the order of its text.

use core::fmt;

use super::LogMessage;
use crate::position::{BinlogFileName, BinlogPosition};

/// One argument, typed as the server's message text expects it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogArg<'a> {
    /// `%s`
    Text(&'a str),
    /// `%s`: the bytes of a file name, not ended by a NUL.
    FileName(&'a BinlogFileName),
    /// `%lu`
    UnsignedLong(u64),
    /// `%u`
    Unsigned(u32),
    /// `%d`
    Int(i32),
}

/// The arguments of one message.
#[derive(Clone, Copy, Debug)]
pub struct LogArgs<'a> {
    args: [LogArg<'a>; MAX_ARGS],
    len: usize,
}

impl<'a> LogArgs<'a> {
    /// In the order of the text.
    pub fn as_slice(&self) -> &[LogArg<'a>] {
        &self.args[..self.len]
    }

    fn new() -> LogArgs<'a> {
        LogArgs {
            args: [LogArg::Int(0); MAX_ARGS],
            len: 0,
        }
    }

    fn with(mut self, arg: LogArg<'a>) -> LogArgs<'a> {
        self.args[self.len] = arg;
        self.len += 1;
        self
    }

    fn text(self, text: &'a str) -> LogArgs<'a> {
        self.with(LogArg::Text(text))
    }

    fn position(self, position: &'a BinlogPosition) -> LogArgs<'a> {
        self.with(LogArg::FileName(&position.file))
            .with(LogArg::UnsignedLong(position.offset))
    }

    fn unsigned(self, value: u32) -> LogArgs<'a> {
        self.with(LogArg::Unsigned(value))
    }

    /// A value that the server prints with `%d`, whatever its type.
    fn int(self, value: u32) -> LogArgs<'a> {
        self.with(LogArg::Int(value.cast_signed()))
    }

    fn flag(self, value: bool) -> LogArgs<'a> {
        self.with(LogArg::Int(i32::from(value)))
    }
}

impl fmt::Display for LogArg<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogArg::Text(text) => f.write_str(text),
            LogArg::FileName(name) => name.fmt(f),
            LogArg::UnsignedLong(value) => value.fmt(f),
            LogArg::Unsigned(value) => value.fmt(f),
            LogArg::Int(value) => value.fmt(f),
        }
    }
}

impl LogMessage {
    /// The arguments, in the order of the text. Trace messages begin with the name of the stock
    /// plugin's function, because readers of trace output look for it.
    pub fn args(&self) -> LogArgs<'_> {
        use LogMessage as M;
        let none = LogArgs::new();
        match self {
            M::Initialised
            | M::EnabledOnSource
            | M::DisabledOnSource
            | M::ForcedShutdown
            | M::SwitchedOff
            | M::AckMagicNumberWrong
            | M::AckTooShort
            | M::AckFileNameTooLong
            | M::NoSpaceForEventHeader
            | M::EventFlushFailed
            | M::DumpRegistrationFailed
            | M::AckReceiverStarting
            | M::AckReceiverStopping
            | M::ObserverNotUnregistered { observer: _ }
            | M::Unregistered
            | M::AckNotGreater
            | M::AckFlushFailed
            | M::NotSupportedBySource
            | M::AnnouncementFailed => none,
            M::SwitchedOn { position }
            | M::ElapsedTimeNegative { position }
            | M::PositionNotInserted { position } => none.position(position),
            M::CommitWaitTimedOut {
                waited_for,
                acknowledged,
            } => none.position(waited_for).position(acknowledged),
            M::DumpStarted {
                semisync,
                server_id,
                position,
            } => none
                .text(kind(*semisync))
                .int(server_id.0)
                .position(position),
            M::DumpStopped {
                semisync,
                server_id,
            } => none.text(kind(*semisync)).int(server_id.0),
            M::AckReceiverStartFailed { errno } | M::AckReceiverJoinFailed { errno } => {
                none.with(LogArg::Int(*errno))
            }
            M::AckStored { slot } | M::AckReplaced { slot } => none.unsigned(*slot),
            M::MagicNumberMissing { packet_len } => none.with(LogArg::UnsignedLong(*packet_len)),
            M::AckWriteFailed { message, errno } => none.text(message).int(*errno),
            M::QueryFailedOnSource { query, errno } => none.text(query).int(*errno),
            M::ReceiverStarted {
                semisync,
                user,
                host,
                port,
                position,
            } => none
                .text(kind(*semisync))
                .text(user)
                .text(host)
                .int(*port)
                .with(start_file(position))
                .with(LogArg::UnsignedLong(position.offset)),
            M::PositionOutOfOrder { tail, new } => {
                none.text(INSERT_NODE).position(tail).position(new)
            }
            M::PositionInserted { position, entry } => {
                none.text(INSERT_NODE).position(position).unsigned(*entry)
            }
            M::PositionProbed { position, entry } => {
                none.text(IS_END).position(position).unsigned(*entry)
            }
            M::PositionsCleared => none.text(CLEAR_NODES),
            M::PositionsClearedBackTo { count, front } => {
                none.text(CLEAR_NODES).int(*count).position(front)
            }
            M::AckReceived {
                position,
                server_id,
            } => none
                .text(READ_REPLY)
                .position(position)
                .unsigned(server_id.0),
            M::ReplyAt { position } => none.text(REPORT_REPLY).position(position),
            M::WaitersSignalled => none.text(REPORT_REPLY),
            M::CommitWaitEntered { position, is_on } => {
                none.text(COMMIT_TRX).position(position).flag(*is_on)
            }
            M::ReplyIsAhead { position }
            | M::WaitPositionMovedBack { position }
            | M::WaitPositionSet { position } => none.text(COMMIT_TRX).position(position),
            M::CommitWaitSleeps {
                timeout_ms,
                position,
            } => none
                .text(COMMIT_TRX)
                .with(LogArg::UnsignedLong(*timeout_ms))
                .position(position),
            M::EventFlagDecided {
                server_id,
                position,
                ack_requested,
                is_on,
            } => none
                .text(UPDATE_HEADER)
                .int(server_id.0)
                .position(position)
                .flag(*ack_requested)
                .flag(*is_on),
            M::EventHeaderRead { ack_requested } => none.text(READ_HEADER).flag(*ack_requested),
            M::AckAboutToBeSent { position } => none.text(SEND_REPLY).position(position),
        }
    }
}

const fn kind(semisync: bool) -> &'static str {
    if semisync {
        "semi-sync"
    } else {
        "asynchronous"
    }
}

fn start_file(position: &BinlogPosition) -> LogArg<'_> {
    match position.file.is_empty() {
        true => LogArg::Text("FIRST"),
        false => LogArg::FileName(&position.file),
    }
}

/// 11158 and 11179 have the most.
const MAX_ARGS: usize = 6;

const INSERT_NODE: &str = "ActiveTranx:insert_tranx_node";
const IS_END: &str = "ActiveTranx::is_tranx_end_pos";
const CLEAR_NODES: &str = "ActiveTranx::::clear_active_tranx_nodes";
const READ_REPLY: &str = "ReplSemiSyncSource::reportReplyPacket";
const REPORT_REPLY: &str = "ReplSemiSyncSource::reportReplyBinlog";
const COMMIT_TRX: &str = "ReplSemiSyncSource::commitTrx";
const UPDATE_HEADER: &str = "ReplSemiSyncSource::updateSyncHeader";
const READ_HEADER: &str = "ReplSemiSyncReplica::replicaReadSyncHeader";
const SEND_REPLY: &str = "ReplSemiSyncReplica::replicaReply";
