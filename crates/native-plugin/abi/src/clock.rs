//! The monotonic clock, as the core's time and as the system's; and the wall clock, for showing.

use core::mem::MaybeUninit;

use std::time::{SystemTime, UNIX_EPOCH};

use semisync_core::{Instant, UtcTime};

/// Now, since an origin the system chose at boot.
pub fn now() -> Instant {
    let mut time = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: the pointer is valid for a write; this clock always exists on Linux.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, time.as_mut_ptr()) };
    // SAFETY: all-zero is a valid timespec, and the call only replaces it by another one.
    let time = unsafe { time.assume_init() };
    Instant::from_micros(time.tv_sec as u64 * MICROS + time.tv_nsec as u64 / 1_000)
}

/// The wall clock. Nothing is decided by it.
pub fn utc() -> UtcTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    UtcTime {
        unix_micros: since.map_or(0, |since| since.as_micros() as u64),
    }
}

/// The system's form of a moment; a far one becomes one that no wait lives to see.
pub(crate) fn timespec(at: Instant) -> libc::timespec {
    let micros = at.as_micros().min(FAR_SECONDS * MICROS);
    libc::timespec {
        tv_sec: (micros / MICROS) as i64,
        tv_nsec: (micros % MICROS) as i64 * 1_000,
    }
}

const MICROS: u64 = 1_000_000;

/// About thirty years of uptime.
const FAR_SECONDS: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_does_not_run_backwards() {
        let earlier = now();
        assert!(earlier <= now());
    }

    #[test]
    fn a_far_moment_is_clamped() {
        assert_eq!(
            timespec(Instant::from_micros(u64::MAX)).tv_sec,
            FAR_SECONDS as i64
        );
        let near = timespec(Instant::from_micros(2_500_000));
        assert_eq!((near.tv_sec, near.tv_nsec), (2, 500_000_000));
    }
}
