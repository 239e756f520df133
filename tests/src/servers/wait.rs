//! Waiting for a condition, with a deadline.

use std::thread;
use std::time::{Duration, Instant};

/// Asks until there is an answer.
///
/// # Panics
/// When there is none within the time.
#[track_caller]
pub fn wait_for<T>(what: &str, within: Duration, mut answer: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(start.elapsed() < within, "not within {within:?}: {what}");
        thread::park_timeout(Duration::from_millis(5));
    }
}

/// Asks until it is so.
///
/// # Panics
/// When it is not so within the time.
#[track_caller]
pub fn wait_until(what: &str, within: Duration, mut is_so: impl FnMut() -> bool) {
    wait_for(what, within, || is_so().then_some(()));
}
