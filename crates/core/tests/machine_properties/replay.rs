//! Inputs that were written down replay to the same outputs.

use proptest::prelude::*;
use semisync_core::source::{AckCounting, Input, Output, Source, SourceConfig};
use semisync_core::{Generation, Instant};
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
