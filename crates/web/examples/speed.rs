//! How fast the cluster is as the page has it, compiled to WebAssembly: `cargo xtask bench --wasm` runs it in node.

#[path = "../../sim/benches/cluster/workload.rs"]
mod workload;

#[path = "../../console/benches/recording/session.rs"]
mod session;

use js_sys::Date;
use wasm_bindgen::JsValue;
use workload::Workload;

const EVENTS: u64 = 100_000;

const SEEKS: usize = 200;

fn main() {
    // Engines compile what runs often a second time.
    Workload::new(4).run(EVENTS);
    for clients in [1, 16] {
        let mut workload = Workload::new(clients);
        let took = milliseconds(|| workload.run(EVENTS));
        let per_second = EVENTS as f64 / took * 1_000.0;
        say(&format!(
            "{clients} clients: {per_second:.0} events a second"
        ));
    }
    let mut playback = session::long(EVENTS);
    let marks: Vec<usize> = session::anywhere(&playback).take(SEEKS).collect();
    let mut times: Vec<f64> = marks
        .iter()
        .map(|mark| milliseconds(|| playback.seek(*mark)))
        .collect();
    times.sort_by(f64::total_cmp);
    say(&format!(
        "seek in a session of {EVENTS} events: median {:.0} ms, 95 of 100 within {:.0} ms, longest {:.0} ms",
        times[SEEKS / 2],
        times[SEEKS * 95 / 100],
        times[SEEKS - 1]
    ));
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    let before = Date::now();
    work();
    Date::now() - before
}

fn say(text: &str) {
    web_sys::console::log_1(&JsValue::from_str(text));
}
