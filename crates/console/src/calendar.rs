//! Cluster time as dates: every cluster begins on the same morning.

use semisync_core::Instant;

/// Unix time of cluster time 0: 2026-11-20 10:00:00 UTC.
const BEGINNING: u64 = 1_795_168_800;

/// Seconds since 1970.
pub(crate) fn unix_time(at: Instant) -> u64 {
    BEGINNING + at.as_micros() / 1_000_000
}

/// `2026-11-20 10:00:00`
pub(crate) fn date_time(at: Instant) -> String {
    let (date, time) = parts(at);
    format!("{date} {time}")
}

/// `2026-11-20 10:00:00.000000`
pub(crate) fn date_time_micros(at: Instant) -> String {
    format!("{}.{:06}", date_time(at), at.as_micros() % 1_000_000)
}

/// `2026-11-20`
pub(crate) fn date(at: Instant) -> String {
    parts(at).0
}

/// `10:00:00`
pub(crate) fn time(at: Instant) -> String {
    parts(at).1
}

/// `261120 10:00:00`, the stamp of errors in SHOW REPLICA STATUS.
pub(crate) fn short_stamp(at: Instant) -> String {
    let (date, time) = parts(at);
    format!("{} {time}", date[2..].replace('-', ""))
}

fn parts(at: Instant) -> (String, String) {
    let unix = unix_time(at);
    let (year, month, day) = civil(unix / 86_400);
    let second = unix % 86_400;
    (
        format!("{year:04}-{month:02}-{day:02}"),
        format!(
            "{:02}:{:02}:{:02}",
            second / 3_600,
            second / 60 % 60,
            second % 60
        ),
    )
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
fn civil(days: u64) -> (u64, u64, u64) {
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
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_begins_on_a_morning_and_goes_on() {
        assert_eq!(date_time(Instant::ZERO), "2026-11-20 10:00:00");
        let later = Instant::from_micros((14 * 3_600 + 11 * 86_400) * 1_000_000 + 42);
        assert_eq!(date_time_micros(later), "2026-12-02 00:00:00.000042");
        assert_eq!(short_stamp(Instant::ZERO), "261120 10:00:00");
    }

    #[test]
    fn leap_days_are_counted() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(19_783), (2024, 3, 1));
    }
}
