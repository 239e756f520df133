//! One measurement: sessions commit as fast as they are answered, and a window of that counts.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::servers::{Server, Session};

use super::stage::{Arm, Stage};

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measurement {
    /// Commits in a second.
    pub per_second: f64,
    /// Half of the commits took no longer, in microseconds.
    pub p50_us: f64,
    /// Of a hundred commits 99 took no longer, in microseconds.
    pub p99_us: f64,
    /// Processor time of the source for each commit, in microseconds.
    pub cpu_us: f64,
}

/// Measures an arm.
///
/// # Panics
/// When a commit fails, or was not protected though it should be.
pub fn measure(stage: &Stage, arm: Arm, clients: usize, time: Duration) -> Measurement {
    let source = stage.source(arm);
    let mut session = source.session();
    let before = unprotected(&mut session, arm);
    let phase = AtomicU8::new(WARM_UP);
    let start = Barrier::new(clients + 1);
    let (durations, took, cpu) = thread::scope(|scope| {
        let sessions: Vec<_> = (0..clients)
            .map(|_| {
                let mut session = source.session();
                let (phase, start) = (&phase, &start);
                scope.spawn(move || {
                    session.prepare(INSERT);
                    start.wait();
                    commit(&mut session, phase)
                })
            })
            .collect();
        start.wait();
        thread::park_timeout(time / 5);
        let (begin, cpu) = (Instant::now(), processor_time(source));
        phase.store(COUNTED, Ordering::Relaxed);
        thread::park_timeout(time);
        phase.store(OVER, Ordering::Relaxed);
        let (took, cpu) = (begin.elapsed(), processor_time(source) - cpu);
        let durations: Vec<Duration> = sessions
            .into_iter()
            .flat_map(|session| session.join().expect("a session commits"))
            .collect();
        (durations, took, cpu)
    });
    assert_eq!(
        unprotected(&mut session, arm),
        before,
        "semisynchronous all the time"
    );
    summary(durations, took, cpu)
}

fn commit(session: &mut Session, phase: &AtomicU8) -> Vec<Duration> {
    let mut durations = Vec::with_capacity(100_000);
    loop {
        let start = Instant::now();
        session.run_prepared();
        let took = start.elapsed();
        match phase.load(Ordering::Relaxed) {
            WARM_UP => {}
            COUNTED => durations.push(took),
            _ => return durations,
        }
    }
}

fn summary(mut durations: Vec<Duration>, took: Duration, cpu: Duration) -> Measurement {
    assert!(!durations.is_empty(), "there were commits");
    durations.sort_unstable();
    let commits = durations.len();
    let at = |percent: usize| durations[(commits * percent / 100).min(commits - 1)];
    let us = |duration: Duration| duration.as_secs_f64() * 1e6;
    Measurement {
        per_second: commits as f64 / took.as_secs_f64(),
        p50_us: us(at(50)),
        p99_us: us(at(99)),
        cpu_us: us(cpu) / commits as f64,
    }
}

/// How many commits went on without an ACK; asynchronous replication has no such count.
fn unprotected(session: &mut Session, arm: Arm) -> u64 {
    match arm {
        Arm::Asynchronous => 0,
        Arm::Ours | Arm::Stock => {
            assert_eq!(session.status("Rpl_semi_sync_source_status"), "ON");
            session.source_count("no_tx")
        }
    }
}

/// Processor time that all threads of a server have used.
fn processor_time(server: &Server) -> Duration {
    let process = libc::pid_t::try_from(server.process_id()).expect("a process id");
    let mut clock = 0;
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: both calls write to the places they are given, which live longer.
    let result = unsafe {
        libc::clock_getcpuclockid(process, &raw mut clock)
            | libc::clock_gettime(clock, &raw mut time)
    };
    assert_eq!(result, 0, "the clock of process {process}");
    Duration::new(
        u64::try_from(time.tv_sec).expect("time is positive"),
        u32::try_from(time.tv_nsec).expect("nanoseconds are few"),
    )
}

const INSERT: &str =
    "INSERT INTO shop.sales (note) VALUES ('a row of an ordinary length, more or less')";

const WARM_UP: u8 = 0;
const COUNTED: u8 = 1;
const OVER: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_rates_are_computed() {
        let durations = (1..=200).rev().map(Duration::from_micros).collect();
        let summary = summary(durations, Duration::from_secs(2), Duration::from_millis(20));
        let expected = Measurement {
            per_second: 100.0,
            p50_us: 101.0,
            p99_us: 199.0,
            cpu_us: 100.0,
        };
        let close = |a: f64, b: f64| (a - b).abs() < 1e-6;
        assert!(
            close(summary.per_second, expected.per_second),
            "{summary:?}"
        );
        assert!(close(summary.p50_us, expected.p50_us), "{summary:?}");
        assert!(close(summary.p99_us, expected.p99_us), "{summary:?}");
        assert!(close(summary.cpu_us, expected.cpu_us), "{summary:?}");
    }
}
