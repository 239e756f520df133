//! Texts against lines that servers wrote, and every text against its arguments.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::*;
use crate::Generation;

#[track_caller]
fn check(message: LogMessage, number: u32, level: LogLevel, text: &str) {
    assert_eq!(message.number(), number);
    assert_eq!(message.level(), level);
    assert_eq!(message.to_string(), text);
}

fn at(offset: u64) -> BinlogPosition {
    BinlogPosition::new("binlog.000003", offset)
}

#[test]
fn lines_read_as_a_server_prints_them() {
    check(
        LogMessage::CommitWaitTimedOut {
            waited_for: at(1234),
            acknowledged: at(961),
        },
        11153,
        LogLevel::Warning,
        "Timeout waiting for reply of binlog (file: binlog.000003, pos: 1234), semi-sync up to \
         file binlog.000003, position 961.",
    );
    check(
        LogMessage::CommitWaitTimedOut {
            waited_for: at(334),
            acknowledged: BinlogPosition::default(),
        },
        11153,
        LogLevel::Warning,
        "Timeout waiting for reply of binlog (file: binlog.000003, pos: 334), semi-sync up to \
         file , position 0.",
    );
    check(
        LogMessage::PositionInserted {
            position: at(334),
            entry: 185,
        },
        11133,
        LogLevel::Note,
        "ActiveTranx:insert_tranx_node: insert (binlog.000003, 334) in entry(185).",
    );
    check(
        LogMessage::CommitWaitSleeps {
            timeout_ms: 100,
            position: at(334),
        },
        11152,
        LogLevel::Note,
        "ReplSemiSyncSource::commitTrx: wait 100 ms for binlog sent (binlog.000003, 334).",
    );
    check(
        LogMessage::ReceiverStarted {
            semisync: true,
            user: "repl".into(),
            host: "127.0.0.1".into(),
            port: 3306,
            position: BinlogPosition::new("", 4),
        },
        11179,
        LogLevel::Note,
        "Replica I/O thread: Start semi-sync replication to source 'repl@127.0.0.1:3306' in log \
         'FIRST' at position 4.",
    );
}

#[test]
fn handshake_messages_stand_in_a_wrapper() {
    check(
        LogMessage::NotSupportedBySource,
        11184,
        LogLevel::Warning,
        "Plugin semisync reported: 'Source server does not support semi-sync, fallback to \
         asynchronous replication'",
    );
    check(
        LogMessage::QueryFailedOnSource {
            query: "SELECT 1".into(),
            errno: 1045,
        },
        11183,
        LogLevel::Error,
        "Plugin semisync reported: 'Execution failed on source: SELECT 1; error 1045'",
    );
}

#[test]
fn large_server_ids_are_printed_signed_where_the_server_does() {
    let server_id = ServerId(u32::MAX);
    let stopped = LogMessage::DumpStopped {
        semisync: false,
        server_id,
    };
    let text = "Stop asynchronous binlog_dump to replica (server_id: -1).";
    check(stopped, 11171, LogLevel::Note, text);
    let received = LogMessage::AckReceived {
        position: at(4),
        server_id,
    };
    let text = "ReplSemiSyncSource::reportReplyPacket: Got reply(binlog.000003, 4) from server \
                4294967295.";
    check(received, 11140, LogLevel::Note, text);
}

#[test]
fn older_servers_use_the_old_words() {
    let text = |message: &LogMessage| message.text(Generation::V8_4).to_string();
    let enabled = "Semi-sync replication enabled on the master.";
    assert_eq!(text(&LogMessage::EnabledOnSource), enabled);
    let off = "Semi-sync replication switched OFF.";
    assert_eq!(text(&LogMessage::SwitchedOff), off);
    for message in every_message() {
        let new = message.text(Generation::V9_7).to_string().to_lowercase();
        assert!(!new.contains("master") && !new.contains("slave"), "{new}");
    }
}

#[test]
fn every_text_has_a_place_for_each_argument_and_its_type() {
    for message in every_message() {
        for generation in [Generation::V5_5, Generation::V8_4, Generation::V9_7] {
            let expected: Vec<_> = message.args().as_slice().iter().map(placeholder).collect();
            let format = message.format(generation);
            let mut found = Vec::new();
            for rest in format.split('%').skip(1) {
                let end = rest.find(['s', 'd', 'u']).expect("a placeholder");
                found.push(format!("%{}", &rest[..=end]));
            }
            assert_eq!(found, expected, "{format}");
        }
    }
}

#[test]
fn numbers_are_distinct_and_in_range() {
    let mut numbers: Vec<_> = every_message().iter().map(LogMessage::number).collect();
    numbers.sort_unstable();
    assert!(
        numbers
            .iter()
            .all(|number| (11126..=11186).contains(number))
    );
    let count = numbers.len();
    numbers.dedup();
    assert_eq!(numbers.len(), count);
}

fn placeholder(arg: &LogArg<'_>) -> &'static str {
    match arg {
        LogArg::Text(_) | LogArg::FileName(_) => "%s",
        LogArg::UnsignedLong(_) => "%lu",
        LogArg::Unsigned(_) => "%u",
        LogArg::Int(_) => "%d",
    }
}

fn every_message() -> Vec<LogMessage> {
    let position = at(500);
    let server_id = ServerId(2);
    let mut messages = source_messages(&position, server_id);
    messages.extend(trace_messages(&position, server_id));
    messages.extend([
        LogMessage::EventHeaderRead {
            ack_requested: true,
        },
        LogMessage::MagicNumberMissing { packet_len: 31 },
        LogMessage::ReceiverStarted {
            semisync: false,
            user: "u".into(),
            host: "h".into(),
            port: 1,
            position: position.clone(),
        },
        LogMessage::AckAboutToBeSent { position },
        LogMessage::AckFlushFailed,
        LogMessage::AckWriteFailed {
            message: "m".into(),
            errno: 1,
        },
        LogMessage::QueryFailedOnSource {
            query: "q".into(),
            errno: 1,
        },
        LogMessage::NotSupportedBySource,
        LogMessage::AnnouncementFailed,
    ]);
    messages
}

fn source_messages(position: &BinlogPosition, server_id: ServerId) -> Vec<LogMessage> {
    let position = || position.clone();
    alloc::vec![
        LogMessage::Initialised,
        LogMessage::EnabledOnSource,
        LogMessage::DisabledOnSource,
        LogMessage::ForcedShutdown,
        LogMessage::SwitchedOff,
        LogMessage::SwitchedOn {
            position: position()
        },
        LogMessage::PositionOutOfOrder {
            tail: position(),
            new: position(),
        },
        LogMessage::CommitWaitTimedOut {
            waited_for: position(),
            acknowledged: position(),
        },
        LogMessage::ElapsedTimeNegative {
            position: position()
        },
        LogMessage::PositionNotInserted {
            position: position()
        },
        LogMessage::AckMagicNumberWrong,
        LogMessage::AckTooShort,
        LogMessage::AckFileNameTooLong,
        LogMessage::NoSpaceForEventHeader,
        LogMessage::EventFlushFailed,
        LogMessage::DumpRegistrationFailed,
        LogMessage::DumpStarted {
            semisync: true,
            server_id,
            position: position(),
        },
        LogMessage::DumpStopped {
            semisync: true,
            server_id,
        },
        LogMessage::AckReceiverStartFailed { errno: 11 },
        LogMessage::AckReceiverStarting,
        LogMessage::AckReceiverStopping,
        LogMessage::AckReceiverJoinFailed { errno: 11 },
        LogMessage::ObserverNotUnregistered {
            observer: Observer::Transaction,
        },
        LogMessage::ObserverNotUnregistered {
            observer: Observer::BinlogStorage,
        },
        LogMessage::ObserverNotUnregistered {
            observer: Observer::BinlogTransmit,
        },
        LogMessage::Unregistered,
    ]
}

fn trace_messages(position: &BinlogPosition, server_id: ServerId) -> Vec<LogMessage> {
    let position = || position.clone();
    alloc::vec![
        LogMessage::PositionInserted {
            position: position(),
            entry: 1,
        },
        LogMessage::PositionProbed {
            position: position(),
            entry: 1,
        },
        LogMessage::PositionsCleared,
        LogMessage::PositionsClearedBackTo {
            count: 1,
            front: position(),
        },
        LogMessage::AckReceived {
            position: position(),
            server_id,
        },
        LogMessage::ReplyAt {
            position: position()
        },
        LogMessage::WaitersSignalled,
        LogMessage::CommitWaitEntered {
            position: position(),
            is_on: true,
        },
        LogMessage::ReplyIsAhead {
            position: position()
        },
        LogMessage::WaitPositionMovedBack {
            position: position()
        },
        LogMessage::WaitPositionSet {
            position: position()
        },
        LogMessage::CommitWaitSleeps {
            timeout_ms: 1,
            position: position(),
        },
        LogMessage::EventFlagDecided {
            server_id,
            position: position(),
            ack_requested: true,
            is_on: true,
        },
        LogMessage::AckNotGreater,
        LogMessage::AckStored { slot: 0 },
        LogMessage::AckReplaced { slot: 0 },
    ]
}
