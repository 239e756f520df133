//! `cargo run --release -p semisync-sim --example events -- EVENTS CLIENTS [1]`: runs the workload of the
//! benchmarks, for a profiler. With a third number it prints a digest of the trace: the same before and after a change.

#[path = "../benches/cluster/workload.rs"]
mod workload;

use std::hash::{DefaultHasher, Hash, Hasher};

use workload::Workload;

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse().ok());
    let events = numbers.next().unwrap_or(100_000);
    let clients = numbers.next().unwrap_or(4);
    let mut workload = Workload::new(clients as usize);
    workload.run(events);
    let mut digest = DefaultHasher::new();
    if numbers.next().is_some() {
        for mark in workload.cluster.trace() {
            format!("{mark:?}").hash(&mut digest);
        }
    }
    let marks = workload.cluster.trace().len();
    println!(
        "{events} events, {marks} marks, digest {:016x}",
        digest.finish()
    );
}
