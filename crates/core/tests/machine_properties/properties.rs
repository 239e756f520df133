//! The machine against the naive one, and properties that no run may break.

use proptest::prelude::*;
use semisync_core::source::{Input, Output, SemisyncStatus, SourceConfig, WakeCause};

use crate::reference::{Order, Reference};
use crate::run::{Run, Setting, Step, steps};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_machine_does_what_the_naive_one_does(steps in steps(400)) {
        let mut run = Run::new(SourceConfig::default());
        let mut reference = Reference::new();
        compare(&mut run, &mut reference, &Step::Set(Setting::Enabled(true)))?;
        for step in &steps {
            compare(&mut run, &mut reference, step)?;
        }
    }

    #[test]
    fn every_wait_ends_once_the_source_is_disabled(steps in steps(100)) {
        let mut run = Run::new(SourceConfig::default());
        run.feed(Input::EnabledSet(true));
        for step in &steps {
            if let Some((input, _)) = run.input(step) {
                run.feed(input);
            }
        }
        run.feed(Input::EnabledSet(true));
        run.feed(Input::EnabledSet(false));
        prop_assert!(run.source.poll_timeout().is_none(), "all were told to wake");
        while let Some((input, _)) = run.input(&Step::Run { index: 0 }) {
            let outputs = run.feed(input);
            let released = outputs.iter().any(|it| matches!(it, Output::CommitReleased { .. }));
            prop_assert!(released);
        }
        prop_assert_eq!(run.sleeping(), 0);
        prop_assert_eq!(run.source.counters().wait_sessions, 0);
    }
}

fn compare(run: &mut Run, reference: &mut Reference, step: &Step) -> Result<(), TestCaseError> {
    let Some((input, woken)) = run.input(step) else {
        return Ok(());
    };
    let expected = reference.handle(run.now, &input, woken);
    let outputs = run.feed(input.clone());
    let orders: Vec<_> = outputs.into_iter().map(without_ticket).collect();
    prop_assert_eq!(orders, expected, "{:?}", input);

    let source = &run.source;
    prop_assert_eq!(source.counters(), &reference.counters, "{:?}", input);
    prop_assert_eq!(source.is_enabled(), reference.enabled);
    prop_assert_eq!(source.status() == SemisyncStatus::On, reference.on);
    prop_assert_eq!(source.acknowledged(), reference.reply.as_ref());
    prop_assert_eq!(source.waited_for(), reference.wait.as_ref());
    prop_assert_eq!(source.flushed(), reference.commit.as_ref());
    prop_assert_eq!(source.unacknowledged_positions(), reference.nodes.len());
    let asleep = reference.waiters.iter().filter(|waiter| !waiter.signalled);
    let next = asleep.map(|waiter| waiter.deadline).min();
    prop_assert_eq!(source.poll_timeout().map(|due| due.at), next);
    Ok(())
}

fn without_ticket(output: Output) -> Order {
    match output {
        Output::SessionSleeps {
            session, deadline, ..
        } => Order::Sleep(session, deadline),
        Output::WakeSession { session, .. } => Order::Wake(session),
        Output::CommitReleased { session, outcome } => Order::Release(session, outcome),
        Output::EventFlag { ack_requested } => Order::Flag(ack_requested),
        Output::StartAckReceiver => Order::StartAckReceiver,
        Output::StopAckReceiver => Order::StopAckReceiver,
        Output::Log(message) => Order::Log(message),
    }
}

/// Random runs are worth something only if they reach the interesting places.
#[test]
fn random_runs_reach_every_kind_of_order() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for _ in 0..100 {
        let steps = steps(400).new_tree(&mut runner).expect("steps").current();
        let mut run = Run::new(SourceConfig::default());
        run.feed(Input::EnabledSet(true));
        for step in &steps {
            let Some((input, _)) = run.input(step) else {
                continue;
            };
            for output in run.feed(input.clone()) {
                let kind = match output {
                    Output::CommitReleased { outcome, .. } => format!("{outcome:?}"),
                    Output::Log(message) => message.number().to_string(),
                    Output::EventFlag { ack_requested } => format!("flag {ack_requested}"),
                    Output::SessionSleeps { .. } => match input {
                        Input::SessionWoken {
                            cause: WakeCause::Signalled,
                            ..
                        } => "sleeps again".into(),
                        _ => "sleeps".into(),
                    },
                    Output::WakeSession { .. }
                    | Output::StartAckReceiver
                    | Output::StopAckReceiver => continue,
                };
                *seen.entry(kind).or_default() += 1;
            }
        }
    }
    for kind in [
        "Acknowledged",
        "Asynchronous",
        "NotWaited",
        "TimedOut",
        "sleeps",
        "sleeps again",
        "flag true",
        "flag false",
        "11132",
        "11142",
        "11144",
        "11145",
        "11153",
        "11155",
        "11156",
        "11159",
        "11170",
        "11171",
    ] {
        assert!(
            seen.get(kind).is_some_and(|count| 5 <= *count),
            "{kind}: {seen:?}"
        );
    }
}
