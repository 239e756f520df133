//! Time as the host tells it.
//!
//! The core never reads a clock. An [`Instant`] is a count of microseconds since a moment the host
//! chose once; the host may use any clock, and the core copes with one that steps back.

use core::fmt;
use core::time::Duration;

/// A moment, in microseconds since an origin chosen by the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Instant(u64);

impl Instant {
    /// The host's origin.
    pub const ZERO: Instant = Instant(0);

    /// The moment `micros` microseconds after the origin.
    pub const fn from_micros(micros: u64) -> Instant {
        Instant(micros)
    }

    /// The moment `millis` milliseconds after the origin; saturates.
    pub const fn from_millis(millis: u64) -> Instant {
        Instant(millis.saturating_mul(1_000))
    }

    /// Microseconds since the origin.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// This moment moved on by `duration`; saturates at the end of time.
    pub fn saturating_add(self, duration: Duration) -> Instant {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Instant(self.0.saturating_add(micros))
    }

    /// Time from `earlier` to this moment; zero when `earlier` is later.
    pub fn saturating_since(self, earlier: Instant) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}s", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// A wall-clock time in UTC. The core makes none: hosts tell how their clocks relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct UtcTime {
    /// Microseconds since 1970.
    pub unix_micros: u64,
}

impl UtcTime {
    /// This time moved back.
    pub fn saturating_sub(self, duration: Duration) -> UtcTime {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        UtcTime {
            unix_micros: self.unix_micros.saturating_sub(micros),
        }
    }

    /// This time moved on.
    pub fn saturating_add(self, duration: Duration) -> UtcTime {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        UtcTime {
            unix_micros: self.unix_micros.saturating_add(micros),
        }
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
pub const fn civil(days: u64) -> (u64, u64, u64) {
    // Counted from 0000-03-01, so that leap days come last in a year.
    let days = days + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (era * 400 + year_of_era + (month <= 2) as u64, month, day)
}

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.unix_micros / 1_000_000;
        let (year, month, day) = civil(seconds / 86_400);
        let (hour, minute) = (seconds / 3_600 % 24, seconds / 60 % 60);
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:")?;
        let micros = self.unix_micros % 1_000_000;
        write!(f, "{:02}.{micros:06}", seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn leap_days_are_counted() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(19_783), (2024, 3, 1));
    }

    #[test]
    fn a_time_reads_as_the_server_prints_times() {
        let unix_micros = 1_795_168_800_000_042;
        let time = UtcTime { unix_micros };
        assert_eq!(time.to_string(), "2026-11-20 10:00:00.000042");
        let earlier = time.saturating_sub(Duration::from_micros(43));
        assert_eq!(earlier.to_string(), "2026-11-20 09:59:59.999999");
    }
}
