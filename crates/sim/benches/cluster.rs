//! How fast the virtual cluster is: events, and what a checkpoint of a long run costs.

#[path = "cluster/workload.rs"]
mod workload;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use workload::Workload;

const EVENTS: u64 = 10_000;

fn events(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("events");
    group
        .throughput(Throughput::Elements(EVENTS))
        .sample_size(10);
    for clients in [1, 16] {
        let workload = Workload::new(clients);
        group.bench_function(format!("{clients} clients"), |bencher| {
            bencher.iter_batched(
                || workload.clone(),
                |mut workload| {
                    workload.run(EVENTS);
                    workload
                },
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

fn checkpoints(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("checkpoint");
    for events in [1_000, 100_000] {
        let mut workload = Workload::new(4);
        workload.run(events);
        group.bench_function(format!("clone after {events} events"), |bencher| {
            bencher.iter(|| workload.cluster.clone());
        });
    }
    group.finish();
}

criterion_group!(benches, events, checkpoints);
criterion_main!(benches);
