//! What a commit costs: flush, wait, ACK, wake; alone, with many in flight, with many replicas.

use std::collections::VecDeque;
use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use semisync_core::source::{
    Input, Output, SessionId, Source, SourceConfig, WaitTicket, WakeCause,
};
use semisync_core::{BinlogPosition, Instant, ServerId};

/// A source with replicas, and the sessions asleep in it, oldest first.
struct Host {
    source: Source,
    now: u64,
    position: BinlogPosition,
    asleep: VecDeque<(WaitTicket, BinlogPosition)>,
    replicas: u32,
}

impl Host {
    fn new(replicas: u32, count: u16) -> Host {
        let config = SourceConfig {
            wait_for_replica_count: count,
            ..SourceConfig::default()
        };
        let mut host = Host {
            source: Source::new(config),
            now: 0,
            position: BinlogPosition::new("binlog.000001", 4),
            asleep: VecDeque::new(),
            replicas,
        };
        host.drain();
        host.tell(Input::EnabledSet(true));
        for server_id in 1..=replicas {
            host.tell(Input::DumpStarted {
                server_id: ServerId(server_id),
                position: BinlogPosition::new("binlog.000001", 4),
                semisync: true,
            });
        }
        host
    }

    /// A commit is flushed, and its session goes to sleep.
    fn begin(&mut self) {
        self.position.offset += 300;
        let position = self.position.clone();
        self.tell(Input::BinlogFlushed {
            position: position.clone(),
        });
        self.tell(Input::CommitQueueSynced {
            session: SessionId(self.position.offset),
            position: Some(position),
        });
    }

    /// The first `acks` replicas acknowledge the oldest commit, and its session runs.
    fn end(&mut self, acks: u32) {
        let (ticket, position) = self.asleep.pop_front().expect("a sleeping commit");
        for server_id in 1..=acks {
            self.tell(Input::AckReceived {
                server_id: ServerId(server_id),
                position: position.clone(),
            });
        }
        let cause = WakeCause::Signalled;
        self.tell(Input::SessionWoken { ticket, cause });
    }

    fn tell(&mut self, input: Input) {
        self.now += 1;
        self.source
            .handle(Instant::from_micros(self.now), black_box(input));
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.source.poll_output() {
            if let Output::SessionSleeps { ticket, .. } = black_box(output) {
                self.asleep.push_back((ticket, self.position.clone()));
            }
        }
    }

    #[track_caller]
    fn assert_all_acknowledged(&self) {
        let counters = self.source.counters();
        assert!(0 < counters.yes_tx, "commits were acknowledged");
        assert_eq!(counters.no_tx, 0);
    }
}

fn uncontended(c: &mut Criterion) {
    let mut host = Host::new(1, 1);
    c.bench_function("commit/uncontended", |b| {
        b.iter(|| {
            host.begin();
            host.end(1);
        });
    });
    host.assert_all_acknowledged();
}

fn in_flight(c: &mut Criterion) {
    let mut group = c.benchmark_group("commit/in_flight");
    for commits in [1, 100, 10_000, 100_000] {
        let mut host = Host::new(1, 1);
        for _ in 1..commits {
            host.begin();
        }
        group.bench_function(BenchmarkId::from_parameter(commits), |b| {
            b.iter(|| {
                host.begin();
                host.end(1);
            });
        });
        host.assert_all_acknowledged();
    }
    group.finish();
}

/// One ACK releases a commit, however many replicas are connected.
fn replicas(c: &mut Criterion) {
    let mut group = c.benchmark_group("commit/replicas");
    for replicas in [1, 10, 100, 1000] {
        let mut host = Host::new(replicas, 1);
        group.bench_function(BenchmarkId::from_parameter(replicas), |b| {
            b.iter(|| {
                host.begin();
                host.end(1);
            });
        });
        host.assert_all_acknowledged();
    }
    group.finish();
}

/// Every replica acknowledges every commit: the cost of one ACK.
fn acks(c: &mut Criterion) {
    let mut group = c.benchmark_group("commit/every_replica_acknowledges");
    for (replicas, count) in [
        (1, 1),
        (10, 1),
        (10, 2),
        (10, 8),
        (1000, 1),
        (1000, 2),
        (1000, 8),
    ] {
        let mut host = Host::new(replicas, count);
        group.throughput(Throughput::Elements(u64::from(replicas)));
        let id = BenchmarkId::from_parameter(format!("{replicas} replicas, count {count}"));
        group.bench_function(id, |b| {
            b.iter(|| {
                host.begin();
                host.end(host.replicas);
            });
        });
        host.assert_all_acknowledged();
    }
    group.finish();
}

/// As many ACKs as are needed.
fn counts(c: &mut Criterion) {
    let mut group = c.benchmark_group("commit/count");
    for count in [1, 2, 8] {
        let mut host = Host::new(10, count);
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            b.iter(|| {
                host.begin();
                host.end(u32::from(count));
            });
        });
        host.assert_all_acknowledged();
    }
    group.finish();
}

/// One ACK releases many commits at once: the cost of each.
fn release(c: &mut Criterion) {
    let mut group = c.benchmark_group("release");
    for commits in [1_u32, 100, 10_000] {
        let mut host = Host::new(1, 1);
        group.throughput(Throughput::Elements(u64::from(commits)));
        group.bench_function(BenchmarkId::from_parameter(commits), |b| {
            b.iter(|| {
                for _ in 0..commits {
                    host.begin();
                }
                host.tell(Input::AckReceived {
                    server_id: ServerId(1),
                    position: host.position.clone(),
                });
                for (ticket, _) in std::mem::take(&mut host.asleep) {
                    let cause = WakeCause::Signalled;
                    host.tell(Input::SessionWoken { ticket, cause });
                }
            });
        });
        host.assert_all_acknowledged();
    }
    group.finish();
}

fn config() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(30)
}

criterion_group! {
    name = benches;
    config = config();
    targets = uncontended, in_flight, replicas, counts, acks, release
}
criterion_main!(benches);
