//! How long the page takes for a frame while much is on its way: a benchmark, not a test.
//!
//! A source, four replicas and clients that insert without a pause; the page plays it at the speed
//! of a first visit. Only frames with at least [`CROWD`] packets on the stage count.

use std::fmt;

use semisync_console::SessionAddress;
use semisync_console::recording::{Input, Playback, Recording};
use semisync_core::Generation;
use semisync_sim::config::{ServerConfig, Timing};
use semisync_sim::{ClusterConfig, ServerIndex};
use serde_json::{Value, json};

use crate::browser::{DESK, Page};

/// What was measured; times in milliseconds.
#[derive(Debug)]
pub struct Frames {
    /// Frames that were drawn, and those of them that count.
    pub drawn: (usize, usize),
    /// Packets on the stage, least and most.
    pub packets: (u64, u64),
    /// From the beginning of a frame until it is painted.
    pub whole: Spread,
    /// The page's own part of it: the cluster, what is derived from it, what moves.
    pub script: Spread,
    /// From one frame to the next.
    pub between: Spread,
    /// Processor time of the page's thread for a frame: all in all, script, style, layout.
    pub processor: [f64; 4],
}

/// Times of many frames.
#[derive(Debug)]
pub struct Spread {
    median: f64,
    most: f64,
    longest: f64,
}

/// Plays the session in a browser.
///
/// # Panics
/// When the page does not play it.
pub fn measure() -> Frames {
    let page = Page::open(DESK);
    let recording = crowded().to_json();
    let letters = json!(recording);
    let hash =
        format!("btoa({letters}).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')");
    let hash = page.value(&hash);
    page.load(&format!("#session={}", hash.as_str().unwrap_or_default()));
    page.wait_for("packet");
    page.cdp(
        "Performance.enable",
        &json!({ "timeDomain": "threadTicks" }),
    );
    page.value(WATCH);
    let before = processor_time(&page);
    page.press("play");
    // As many as come: a busy machine draws few.
    page.wait_until("the time to be over", |page| {
        page.value("watched.length && performance.now() - watched[0][3]")
            .as_f64()
            >= Some(PLAYED_MS)
    });
    let after = processor_time(&page);
    let seen = page.value("watched");
    let seen: Vec<Vec<f64>> = seen.as_array().into_iter().flatten().map(numbers).collect();
    let counted: Vec<&Vec<f64>> = seen.iter().filter(|frame| frame[2] >= CROWD).collect();
    assert!(!counted.is_empty(), "no frame with {CROWD} packets");
    let column = |index: usize| counted.iter().map(|frame| frame[index]).collect::<Vec<_>>();
    let packets = column(2);
    let fold = |pick: fn(f64, f64) -> f64| packets.iter().copied().reduce(pick).unwrap_or(0.0);
    let between = seen.windows(2).map(|pair| pair[1][3] - pair[0][3]);
    Frames {
        drawn: (seen.len(), counted.len()),
        packets: (fold(f64::min) as u64, fold(f64::max) as u64),
        whole: Spread::of(column(0)),
        script: Spread::of(column(1)),
        between: Spread::of(between.collect()),
        processor: std::array::from_fn(|part| (after[part] - before[part]) / seen.len() as f64),
    }
}

/// A session whose play head stands where the crowd begins.
fn crowded() -> Recording {
    let mut playback = Playback::new(Recording::new(config()));
    let prompt = |session| SessionAddress {
        server: ServerIndex(0),
        session,
    };
    let type_at = |playback: &mut Playback, at: SessionAddress, text: String| {
        let taken = playback.act(Input::Typed { at, text });
        taken.expect("an idle prompt");
    };
    let create = "CREATE TABLE t (id INT PRIMARY KEY);".to_owned();
    type_at(&mut playback, prompt(1), create);
    while playback.bench().is_busy(prompt(1)) {
        playback.run_unit().expect("an answer comes");
    }
    for session in 1..=CLIENTS {
        let rows = (0..ROWS).map(|row| format!("INSERT INTO t VALUES ({});", session * ROWS + row));
        type_at(&mut playback, prompt(session), rows.collect());
    }
    let in_flight = |playback: &Playback| playback.bench().cluster().view().packets.len();
    while in_flight(&playback) < CROWD as usize {
        playback.run_unit().expect("packets travel");
    }
    let begins = playback.marks();
    while (1..=CLIENTS).any(|session| playback.bench().is_busy(prompt(session))) {
        playback.run_unit().expect("answers come");
    }
    playback.seek(begins.saturating_sub(1));
    playback.recording()
}

fn config() -> ClusterConfig {
    let server = |index: u16| {
        let side = if index == 0 { "source" } else { "replica" };
        let option = |name: String, value: &str| (name, Some(value.to_owned()));
        ServerConfig {
            name: match index {
                0 => "source".to_owned(),
                replica => format!("replica{replica}"),
            },
            generation: Generation::V9_7,
            options: vec![
                option("plugin-load-add".to_owned(), &format!("semisync_{side}.so")),
                option(format!("rpl_semi_sync_{side}_enabled"), "1"),
            ],
        }
    };
    ClusterConfig {
        seed: 1,
        servers: (0..SERVERS).map(server).collect(),
        replication: true,
        // Far enough apart that what one group of commits sends is on its way together.
        timing: Timing {
            link_latency_us: 1_000,
            ..Timing::default()
        },
    }
}

/// Processor time of the page's thread so far, in milliseconds: all of it, and its parts.
fn processor_time(page: &Page) -> [f64; 4] {
    let answer = page.cdp("Performance.getMetrics", &json!({}));
    let metrics = answer["metrics"].as_array().cloned().unwrap_or_default();
    let seconds = |name: &str| {
        let mut found = metrics.iter().filter(|metric| metric["name"] == name);
        let value = found.next().and_then(|metric| metric["value"].as_f64());
        value.unwrap_or(0.0)
    };
    PARTS.map(|part| seconds(part) * 1_000.0)
}

fn numbers(frame: &Value) -> Vec<f64> {
    let parts = frame.as_array().into_iter().flatten();
    parts.map(|part| part.as_f64().unwrap_or(0.0)).collect()
}

impl Spread {
    fn of(mut times: Vec<f64>) -> Spread {
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
        Spread {
            median: at(50),
            most: at(95),
            longest: at(100),
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spread {
            median,
            most,
            longest,
        } = self;
        write!(
            f,
            "median {median:.1} ms, 95 of 100 within {most:.1} ms, longest {longest:.1} ms"
        )
    }
}

impl fmt::Display for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((drawn, counted), (least, most)) = (self.drawn, self.packets);
        let [all, script, style, layout] = self.processor;
        writeln!(
            f,
            "{SERVERS} servers, {least} to {most} packets on the stage: {counted} of {drawn} frames"
        )?;
        writeln!(f, "a frame until it is painted: {}", self.whole)?;
        writeln!(f, "script of it: {}", self.script)?;
        writeln!(f, "from frame to frame: {}", self.between)?;
        write!(
            f,
            "processor time of the page's thread: {all:.1} ms a frame (script {script:.1}, style {style:.1}, layout {layout:.1})"
        )
    }
}

/// Notes for each frame: until painted, script, packets, when it began. What is posted in a frame
/// arrives after it was painted.
const WATCH: &str = "(() => {
    const watched = window.watched = [], ask = window.requestAnimationFrame.bind(window);
    const painted = new MessageChannel();
    let begun = 0, script = 0;
    painted.port1.onmessage = () => {
        const whole = performance.now() - begun;
        const packets = document.querySelectorAll(\"[data-testid='packet']\").length;
        watched.push([whole, script, packets, begun]);
    };
    window.requestAnimationFrame = draw => ask(time => {
        begun = performance.now();
        draw(time);
        script = performance.now() - begun;
        painted.port2.postMessage(0);
    });
    return true;
})()";

/// What the browser calls the parts of its processor time.
const PARTS: [&str; 4] = [
    "TaskDuration",
    "ScriptDuration",
    "RecalcStyleDuration",
    "LayoutDuration",
];
/// Packets that make a crowd.
const CROWD: f64 = 50.0;
const SERVERS: u16 = 5;
const CLIENTS: u32 = 6;
const ROWS: u32 = 40;
const PLAYED_MS: f64 = 15_000.0;
