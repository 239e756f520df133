//! How fast the tape runs, and how long a gap is on it.
//!
//! Lengths on the tape are microseconds of cluster time, except that a gap in which nothing happens
//! is compressed: a timeout of ten seconds is about as long as a millisecond of events.

/// Slow motion, slowest first: one second of the tape takes this many seconds.
pub const SLOWNESS: [u32; 9] = [10_000, 5_000, 2_000, 1_000, 500, 200, 100, 10, 1];

/// The index in [`SLOWNESS`] for a first visit: a packet travels for about a quarter of a second.
pub const DEFAULT_SPEED: usize = 3;

/// Length on the tape of a gap between two events, both in microseconds.
pub fn warp(gap_us: u64) -> f64 {
    let gap = gap_us as f64;
    if gap <= LINEAR_US {
        gap
    } else {
        LINEAR_US + FOLD_US * (gap / LINEAR_US).ln()
    }
}

/// Whether the gap is so long that the tape writes its true length.
pub fn is_compressed(gap_us: u64) -> bool {
    gap_us >= 5_000
}

/// A duration as people read it.
pub fn spell(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => trim(us as f64 / 1e3, "ms"),
        _ => trim(us as f64 / 1e6, "s"),
    }
}

/// A moment on the cluster's clock, to the microsecond.
pub fn clock(us: u64) -> String {
    format!(
        "{}.{:03} {:03} s",
        us / 1_000_000,
        us / 1_000 % 1_000,
        us % 1_000
    )
}

/// How the chosen speed is called.
pub fn speed_name(index: usize) -> String {
    match SLOWNESS.get(index) {
        Some(1) | None => "real time".to_owned(),
        Some(slowness) => format!("1/{slowness}"),
    }
}

fn trim(value: f64, unit: &str) -> String {
    let digits = if value < 10.0 { 2 } else { 1 };
    let text = format!("{value:.digits$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} {unit}")
}

const LINEAR_US: f64 = 600.0;
const FOLD_US: f64 = 75.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_gaps_keep_their_length() {
        assert_eq!(warp(250), 250.0);
    }

    #[test]
    fn a_timeout_of_ten_seconds_plays_in_one_or_two_at_the_first_speed() {
        let seconds = warp(10_000_000) * f64::from(SLOWNESS[DEFAULT_SPEED]) / 1e6;
        assert!((1.0..2.0).contains(&seconds), "{seconds}");
    }

    #[test]
    fn a_longer_gap_is_never_shorter_on_the_tape() {
        let mut last = 0.0;
        for gap in [0, 1, 599, 600, 601, 10_000, 1_000_000, 30_000_000] {
            assert!(warp(gap) >= last);
            last = warp(gap);
        }
    }

    #[test]
    fn durations_are_spelled_with_two_or_three_digits() {
        for (us, text) in [
            (0, "0 µs"),
            (250, "250 µs"),
            (1_500, "1.5 ms"),
            (12_340, "12.3 ms"),
            (10_000_000, "10 s"),
        ] {
            assert_eq!(spell(us), text);
        }
    }
}
