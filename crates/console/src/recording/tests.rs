//! Recordings made at random, replayed and compared.

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use semisync_core::{Generation, Instant};
use semisync_sim::config::{ServerConfig, Timing};
use semisync_sim::{ClusterConfig, Fault, ServerIndex};

use super::{Input, Playback, ReadError, Recording};
use crate::workbench::SessionAddress;

fn config() -> ClusterConfig {
    let server = |name: &str| ServerConfig {
        name: name.to_owned(),
        generation: Generation::V9_7,
        options: Vec::new(),
    };
    ClusterConfig {
        seed: 7,
        servers: vec![server("source"), server("replica1"), server("replica2")],
        replication: true,
        timing: Timing {
            link_latency_overrides: [((0, 1), 900)].into(),
            ..Timing::default()
        },
    }
}

fn typed(server: u16, session: u32, text: &str) -> Input {
    Input::Typed {
        at: SessionAddress {
            server: ServerIndex(server),
            session,
        },
        text: text.to_owned(),
    }
}

/// Everything a person could see at the play head.
fn seen(playback: &Playback) -> String {
    let view = playback.bench().cluster().view();
    let screens: Vec<_> = playback.bench().screens().collect();
    let state = serde_json::to_string(&(view, screens)).expect("plain data");
    format!("{} {} {state}", playback.marks(), playback.moment().events)
}

#[derive(Clone, Debug)]
enum Deed {
    Do(Input),
    Run(u8),
    Wait(u32),
}

fn deed() -> impl Strategy<Value = Deed> {
    let statement = prop_oneof![
        Just("CREATE TABLE t (id INT PRIMARY KEY);"),
        Just("INSERT INTO lab.t VALUES (1);"),
        Just("BEGIN; INSERT INTO lab.t VALUES (2); COMMIT;"),
        Just("SELECT COUNT(*) FROM lab.t;"),
        Just("SHOW STATUS LIKE 'Rpl_semi%';"),
        Just("INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so';"),
        Just("SET GLOBAL rpl_semi_sync_source_enabled = 1;"),
        Just("STOP REPLICA IO_THREAD; START REPLICA IO_THREAD;"),
    ];
    let fault = (0u16..3, 0u8..5).prop_map(|(server, kind)| match kind {
        0 => Fault::Crash(ServerIndex(server)),
        1 => Fault::Start(ServerIndex(server)),
        2 => Fault::CutLink(ServerIndex(0), ServerIndex(1)),
        3 => Fault::HealLink(ServerIndex(0), ServerIndex(1)),
        _ => Fault::Shutdown(ServerIndex(server)),
    });
    prop_oneof![
        4 => (0u16..3, 1u32..3, statement).prop_map(|(at, n, text)| Deed::Do(typed(at, n, text))),
        2 => fault.prop_map(|fault| Deed::Do(Input::Fault(fault))),
        4 => any::<u8>().prop_map(Deed::Run),
        2 => (0u32..3_000_000).prop_map(Deed::Wait),
    ]
}

fn play(deeds: &[Deed]) -> Playback {
    let mut playback = Playback::new(Recording::new(config()));
    for deed in deeds {
        match deed {
            // Refusals are part of the game: a server that is down takes no statement.
            Deed::Do(input) => drop(playback.act(input.clone())),
            Deed::Run(units) => {
                for _ in 0..*units {
                    playback.run_unit();
                }
            }
            Deed::Wait(micros) => {
                let until = playback.moment().at.as_micros() + u64::from(*micros);
                playback.advance_to(Instant::from_micros(until));
            }
        }
    }
    playback
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 24, ..Default::default() })]

    #[test]
    fn seeking_anywhere_and_back_gives_an_identical_state(
        deeds in prop::collection::vec(deed(), 1..24),
        targets in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
    ) {
        let mut playback = play(&deeds);
        let (home, before) = (playback.moment(), seen(&playback));
        for target in targets {
            playback.seek(target.index(playback.trace().len().max(1)));
            let (there, state) = (playback.marks(), seen(&playback));
            playback.seek_start();
            playback.seek(there.saturating_sub(1));
            if there > 0 {
                assert_eq!(seen(&playback), state);
            }
        }
        playback.seek_moment(home);
        assert_eq!(seen(&playback), before);
    }

    #[test]
    fn a_recording_read_back_replays_to_the_same_state(
        deeds in prop::collection::vec(deed(), 1..24),
    ) {
        let playback = play(&deeds);
        let text = playback.recording().to_json();
        let read = Recording::from_json(&text).expect("just written");
        assert_eq!(read, playback.recording());
        let replayed = Playback::new(read);
        assert_eq!(seen(&replayed), seen(&playback));
        assert_eq!(replayed.trace(), playback.trace());
    }

    #[test]
    fn a_branch_reopened_has_its_old_trace(
        deeds in prop::collection::vec(deed(), 1..16),
        back in any::<prop::sample::Index>(),
    ) {
        let mut playback = play(&deeds);
        let old: Vec<_> = playback.trace().to_vec();
        playback.seek(back.index(playback.trace().len().max(1)));
        if playback.act(Input::Fault(Fault::Crash(ServerIndex(2)))).is_ok() {
            playback.advance_to(Instant::from_micros(playback.moment().at.as_micros() + 50_000));
            if let Some(index) = playback.branches().len().checked_sub(1) {
                playback.reopen(index);
                assert_eq!(playback.trace(), &old[..]);
                assert_eq!(playback.branches().len(), 1);
            }
        }
    }
}

#[test]
fn a_session_written_by_another_version_is_refused_by_number() {
    let mut recording = Recording::new(config());
    recording.format = 99;
    let text = recording.to_json();
    assert_eq!(Recording::from_json(&text), Err(ReadError::Format(99)));
}

#[test]
fn a_text_that_is_no_session_is_refused() {
    let read = Recording::from_json("{}");
    assert!(matches!(read, Err(ReadError::Malformed(_))), "{read:?}");
}
