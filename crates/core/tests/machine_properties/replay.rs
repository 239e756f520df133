//! Inputs that were written down replay to the same outputs.

use proptest::prelude::*;
use semisync_core::replica::{self, Replica, ReplicaConfig};
use semisync_core::source::{AckCounting, Input, Output, Source, SourceConfig};
use semisync_core::{BinlogFileName, BinlogPosition, Generation, Instant};
use serde::{Deserialize, Serialize};

use crate::run::{Run, steps};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Recording {
    config: SourceConfig,
    inputs: Vec<(Instant, Input)>,
    outputs: Vec<Vec<Output>>,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn recorded_inputs_replay_to_the_same_outputs(
        steps in steps(300),
        generation in prop::sample::select(vec![
            Generation::V5_5, Generation::V8_4, Generation::V9_7,
        ]),
        stock in any::<bool>(),
        trace_level in prop::sample::select(vec![0, 17]),
    ) {
        let config = SourceConfig {
            generation,
            counting: if stock { AckCounting::Stock } else { AckCounting::Exact },
            trace_level,
            ..SourceConfig::default()
        };
        let mut run = Run::new(config.clone());
        let mut recording = Recording { config, inputs: Vec::new(), outputs: Vec::new() };
        let enabled = Input::EnabledSet(true);
        recording.inputs.push((run.now, enabled.clone()));
        recording.outputs.push(run.feed(enabled));
        for step in &steps {
            if let Some((input, _)) = run.input(step) {
                recording.inputs.push((run.now, input.clone()));
                recording.outputs.push(run.feed(input));
            }
        }

        let text = serde_json::to_string(&recording).expect("JSON");
        let read: Recording = serde_json::from_str(&text).expect("what was written");
        prop_assert_eq!(&read, &recording);
        prop_assert_eq!(replay(&read), &recording.outputs[..]);

        let bytes = postcard::to_allocvec(&recording).expect("bytes");
        let read: Recording = postcard::from_bytes(&bytes).expect("what was written");
        prop_assert_eq!(&read, &recording);
    }
}

fn replay(recording: &Recording) -> Vec<Vec<Output>> {
    let mut source = Source::new(recording.config.clone());
    while source.poll_output().is_some() {}
    let mut outputs = Vec::new();
    for (now, input) in &recording.inputs {
        source.handle(*now, input.clone());
        outputs.push(std::iter::from_fn(|| source.poll_output()).collect());
    }
    outputs
}

#[test]
fn a_replicas_run_is_read_back() {
    let inputs = [
        replica::Input::EnabledSet(true),
        replica::Input::TraceLevelSet(16),
        replica::Input::ReceiverStarted {
            user: "repl".into(),
            host: "127.0.0.1".into(),
            port: 3306,
            position: BinlogPosition::new("", 4),
        },
        replica::Input::DumpAboutToBeRequested,
        replica::Input::QueryAnswered(Err(replica::QueryError { errno: 1193 })),
        replica::Input::DumpAboutToBeRequested,
        replica::Input::QueryAnswered(Ok(())),
        replica::Input::QueryAnswered(Ok(())),
        replica::Input::PacketRead {
            packet_len: 60,
            head: [0xEF, 0x01],
        },
        replica::Input::EventQueued {
            position: BinlogPosition::new("binlog.000001", 500),
        },
        replica::Input::AckSendFailed(replica::SendError::Flush),
        replica::Input::ReceiverStopped,
    ];
    let text = serde_json::to_string(&inputs).expect("JSON");
    let read: Vec<replica::Input> = serde_json::from_str(&text).expect("what was written");
    let outputs = replica_outputs(&read);
    assert_eq!(read, inputs);
    assert_eq!(outputs, replica_outputs(&inputs));
    assert_eq!(outputs.len(), 12);

    let text = serde_json::to_string(&outputs).expect("JSON");
    let read: Vec<replica::Output> = serde_json::from_str(&text).expect("what was written");
    assert_eq!(read, outputs);
    let unknown = serde_json::from_str::<replica::Output>(r#"{"Query":"DROP TABLE t"}"#);
    assert!(unknown.is_err());
}

fn replica_outputs(inputs: &[replica::Input]) -> Vec<replica::Output> {
    let mut replica = Replica::new(ReplicaConfig::default());
    let mut outputs = Vec::new();
    for input in inputs {
        replica.handle(Instant::ZERO, input.clone());
        outputs.extend(std::iter::from_fn(|| replica.poll_output()));
    }
    outputs
}

#[test]
fn file_names_of_any_bytes_are_read_back() {
    for name in [
        &b"binlog.000001"[..],
        b"",
        b"caf\xC3\xA9.1",
        b"\xFF\xFE.000001",
    ] {
        let name = BinlogFileName::new(name);
        let text = serde_json::to_string(&name).expect("JSON");
        assert_eq!(
            serde_json::from_str::<BinlogFileName>(&text).expect("a name"),
            name
        );
        let bytes = postcard::to_allocvec(&name).expect("bytes");
        assert_eq!(
            postcard::from_bytes::<BinlogFileName>(&bytes).expect("a name"),
            name
        );
    }
    let text = serde_json::to_string(&BinlogFileName::new("binlog.000001")).expect("JSON");
    assert_eq!(text, r#""binlog.000001""#);
}
