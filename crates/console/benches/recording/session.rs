//! A long session: a source, two semisynchronous replicas, and a person who inserts row after row.

use semisync_console::recording::{Input, Playback, Recording};
use semisync_console::workbench::SessionAddress;
use semisync_core::Generation;
use semisync_sim::config::{ServerConfig, Timing};
use semisync_sim::{ClusterConfig, ServerIndex};

const PROMPT: SessionAddress = SessionAddress {
    server: ServerIndex(0),
    session: 1,
};

/// A session in which so many events have happened, with the play head at its end.
pub(crate) fn long(events: u64) -> Playback {
    let mut playback = Playback::new(Recording::new(config()));
    type_and_wait(&mut playback, "CREATE TABLE t (id INT PRIMARY KEY);");
    let mut id = 0;
    while playback.moment().events < events {
        id += 1;
        type_and_wait(&mut playback, &format!("INSERT INTO t VALUES ({id});"));
    }
    playback
}

fn type_and_wait(playback: &mut Playback, text: &str) {
    let text = text.to_owned();
    let taken = playback.act(Input::Typed { at: PROMPT, text });
    taken.expect("an idle prompt");
    while playback.bench().is_busy(PROMPT) {
        playback.run_unit().expect("an answer comes");
    }
}

fn config() -> ClusterConfig {
    let server = |index: u16| {
        let side = if index == 0 { "source" } else { "replica" };
        let option = |name: String, value: &str| (name, Some(value.to_owned()));
        ServerConfig {
            name: format!("server{index}"),
            generation: Generation::V9_7,
            options: vec![
                option("plugin-load-add".to_owned(), &format!("semisync_{side}.so")),
                option(format!("rpl_semi_sync_{side}_enabled"), "1"),
            ],
        }
    };
    ClusterConfig {
        seed: 1,
        servers: (0..3).map(server).collect(),
        replication: true,
        timing: Timing::default(),
    }
}

/// Marks in an order without a pattern, over the whole session.
pub(crate) fn anywhere(playback: &Playback) -> impl Iterator<Item = usize> + use<> {
    let marks = playback.marks();
    let mut at = 1;
    std::iter::repeat_with(move || {
        at = (at * 48_271 + 11) % marks;
        at
    })
}

/// How long it takes to go to each of these marks. Each is sought several times from elsewhere, and
/// its quickest time counts: the others are those of a busy machine. `now` is in milliseconds.
pub(crate) fn seeks(playback: &mut Playback, marks: &[usize], now: impl Fn() -> f64) -> String {
    let mut times = vec![f64::INFINITY; marks.len()];
    for _ in 0..ROUNDS {
        for (mark, time) in marks.iter().zip(&mut times) {
            let before = now();
            playback.seek(*mark);
            *time = time.min(now() - before);
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    format!(
        "seek among {} marks: median {:.1} ms, 95 of 100 within {:.1} ms, longest {:.1} ms",
        playback.trace().len(),
        at(50),
        at(95),
        at(100)
    )
}

const ROUNDS: usize = 5;
