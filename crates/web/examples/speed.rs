//! How fast the cluster is as the page has it, compiled to WebAssembly: `cargo xtask bench --wasm` runs it in node.

#[path = "../../sim/benches/cluster/workload.rs"]
mod workload;

#[path = "../../console/benches/recording/session.rs"]
mod session;

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
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
            "{clients} clients: {per_second:.0} events a second of processor time"
        ));
    }
    let mut playback = session::long(EVENTS);
    let marks: Vec<usize> = session::anywhere(&playback).take(SEEKS).collect();
    say(&session::seeks(&mut playback, &marks, now));
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    let before = now();
    work();
    now() - before
}

/// Milliseconds of processor time: those of the clock tell how busy the machine is.
fn now() -> f64 {
    let used = cpu_usage();
    (used.user() + used.system()) / 1_000.0
}

#[wasm_bindgen]
extern "C" {
    type Used;

    #[wasm_bindgen(js_namespace = process, js_name = cpuUsage)]
    fn cpu_usage() -> Used;

    #[wasm_bindgen(method, getter)]
    fn user(this: &Used) -> f64;

    #[wasm_bindgen(method, getter)]
    fn system(this: &Used) -> f64;
}

fn say(text: &str) {
    web_sys::console::log_1(&JsValue::from_str(text));
}
