//! What it costs to go to any moment of a long session, and to keep it.

#[path = "recording/session.rs"]
mod session;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};

const EVENTS: u64 = 100_000;

const SEEKS: usize = 200;

/// Counts the bytes in use.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes on to the system's allocator with the layout it came with.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: `pointer` came from `alloc`, which is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn recording(criterion: &mut Criterion) {
    let before = IN_USE.load(Ordering::Relaxed);
    let mut playback = session::long(EVENTS);
    let kept = IN_USE.load(Ordering::Relaxed) - before;
    let events = playback.moment().events as usize;
    println!(
        "a session of {events} events and {} marks: {} MiB with its checkpoints, {} bytes an event",
        playback.marks(),
        kept >> 20,
        kept / events
    );
    let marks: Vec<usize> = session::anywhere(&playback).take(SEEKS).collect();
    println!("{}", session::seeks(&mut playback, &marks, milliseconds));
    let mut group = criterion.benchmark_group(format!("recording of {EVENTS} events"));
    let mut marks = session::anywhere(&playback);
    group.bench_function("seek to any mark", |bencher| {
        bencher.iter(|| playback.seek(marks.next().expect("without end")));
    });
    playback.seek(playback.trace().len() / 2);
    group.bench_function("step back", |bencher| {
        bencher.iter(|| playback.step_back());
    });
    group.finish();
}

fn milliseconds() -> f64 {
    STARTED.elapsed().as_secs_f64() * 1_000.0
}

static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

criterion_group!(benches, recording);
criterion_main!(benches);
