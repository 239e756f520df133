//! The commit path end to end, and the mistakes a host can make.

use alloc::vec::Vec;

use super::*;
use crate::time::Instant;
use crate::{BinlogPosition, ServerId};

fn feed(source: &mut Source, at_ms: u64, input: Input) -> Vec<Output> {
    source.handle(Instant::from_millis(at_ms), input);
    core::iter::from_fn(|| source.poll_output()).collect()
}

#[test]
fn a_commit_sleeps_until_its_ack_and_then_goes_on() {
    let position = BinlogPosition::new("binlog.000001", 500);
    let (session, server_id) = (SessionId(1), ServerId(2));
    let mut source = Source::new(SourceConfig::default());
    while source.poll_output().is_some() {}
    feed(&mut source, 0, Input::EnabledSet(true));
    let start = BinlogPosition::new("binlog.000001", 4);
    let dump = Input::DumpStarted {
        server_id,
        position: start,
        semisync: true,
    };
    feed(&mut source, 0, dump);
    let flushed = Input::BinlogFlushed {
        position: position.clone(),
    };
    feed(&mut source, 0, flushed);
    let synced = Input::CommitQueueSynced {
        session,
        position: Some(position.clone()),
    };
    let outputs = feed(&mut source, 0, synced);
    let [Output::SessionSleeps { ticket, .. }] = outputs[..] else {
        panic!("{outputs:?}")
    };
    let acked = Input::AckReceived {
        server_id,
        position,
    };
    assert_eq!(
        feed(&mut source, 2, acked),
        [Output::WakeSession { session, ticket }]
    );
    let woken = Input::SessionWoken {
        ticket,
        cause: WakeCause::Signalled,
    };
    let released = Output::CommitReleased {
        session,
        outcome: WaitOutcome::Acknowledged,
    };
    assert_eq!(feed(&mut source, 2, woken), [released]);
    assert_eq!(source.counters().yes_tx, 1);
    assert_eq!(source.counters().tx_wait_time_us, 2000);
    assert_eq!(source.unacknowledged_positions(), 0);
}

fn enabled() -> Source {
    let mut source = Source::new(SourceConfig::default());
    feed(&mut source, 0, Input::EnabledSet(true));
    source
}

fn sleeping(source: &mut Source) -> WaitTicket {
    let position = BinlogPosition::new("binlog.000001", 500);
    let flushed = Input::BinlogFlushed {
        position: position.clone(),
    };
    feed(source, 0, flushed);
    let synced = Input::CommitQueueSynced {
        session: SessionId(1),
        position: Some(position),
    };
    let outputs = feed(source, 0, synced);
    let [Output::SessionSleeps { ticket, .. }] = outputs[..] else {
        panic!("{outputs:?}")
    };
    ticket
}

#[test]
#[should_panic(expected = "poll_output must be drained before the next handle")]
fn outputs_that_were_not_taken_are_the_hosts_mistake() {
    let mut source = Source::new(SourceConfig::default());
    source.handle(Instant::ZERO, Input::EnabledSet(true));
    source.handle(Instant::ZERO, Input::EnabledSet(false));
}

#[test]
#[should_panic(expected = "is no sleeping wait")]
fn a_ticket_that_was_released_is_the_hosts_mistake() {
    let mut source = enabled();
    let ticket = sleeping(&mut source);
    let cause = WakeCause::DeadlineReached;
    feed(&mut source, 1, Input::SessionWoken { ticket, cause });
    feed(&mut source, 2, Input::SessionWoken { ticket, cause });
}

#[test]
#[should_panic(expected = "is no sleeping wait")]
fn a_ticket_of_an_earlier_wait_in_the_same_slot_is_the_hosts_mistake() {
    let mut source = enabled();
    let ticket = sleeping(&mut source);
    feed(&mut source, 1, Input::EnabledSet(false));
    let cause = WakeCause::Signalled;
    feed(&mut source, 1, Input::SessionWoken { ticket, cause });
    feed(&mut source, 2, Input::EnabledSet(true));
    let second = sleeping(&mut source);
    assert_eq!(ticket.slot, second.slot, "slots are used again");
    feed(&mut source, 3, Input::SessionWoken { ticket, cause });
}

#[test]
#[should_panic(expected = "a semisynchronous dump stopped that never started")]
fn a_dump_that_stops_twice_is_the_hosts_mistake() {
    let mut source = enabled();
    let stopped = Input::DumpStopped {
        server_id: ServerId(2),
        semisync: true,
    };
    feed(&mut source, 0, stopped);
}

#[test]
fn the_next_deadline_names_its_session_and_reason() {
    let mut source = enabled();
    assert_eq!(source.poll_timeout(), None);
    let ticket = sleeping(&mut source);
    let deadline = Deadline {
        at: Instant::from_millis(10_000),
        reason: DeadlineReason::CommitWait {
            session: SessionId(1),
            ticket,
            timeout: core::time::Duration::from_secs(10),
        },
    };
    assert_eq!(source.poll_timeout(), Some(deadline));
}
