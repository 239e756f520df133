//! What the user sees while something takes time: the step's name, then how long it took.

use std::time::{Duration, Instant};

use anyhow::Result;

/// Announces a step, runs it, and says how long it took.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("==> {what}");
    let started = Instant::now();
    let result = work();
    let took = seconds(started.elapsed());
    match &result {
        Ok(_) => println!("    done in {took}: {what}"),
        Err(_) => println!("    failed after {took}: {what}"),
    }
    result
}

/// A line that belongs to the current step.
pub(crate) fn note(text: &str) {
    println!("    {text}");
}

/// A duration as people read it.
pub(crate) fn seconds(duration: Duration) -> String {
    let tenths = duration.as_millis().div_ceil(100);
    if tenths < 600 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else {
        format!("{} min {} s", tenths / 600, tenths % 600 / 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short_and_never_zero_for_something() {
        assert_eq!(seconds(Duration::ZERO), "0.0 s");
        assert_eq!(seconds(Duration::from_millis(1)), "0.1 s");
        assert_eq!(seconds(Duration::from_millis(2_340)), "2.4 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 5 s");
    }
}
