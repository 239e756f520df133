//! The commit path, end to end.

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
