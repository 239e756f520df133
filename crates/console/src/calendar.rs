//! Cluster time as dates: every cluster begins on the same morning.

use semisync_core::Instant;
use semisync_core::time::civil;

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

/// When it is so late, to the second; nothing before the cluster's beginning.
pub(crate) fn instant(wanted: &str) -> Option<Instant> {
    let at = |second: u64| Instant::from_micros(second * 1_000_000);
    if wanted < date_time(Instant::ZERO).as_str() {
        return None;
    }
    let (mut before, mut after) = (0, MOST_SECONDS);
    while before + 1 < after {
        let middle = before.midpoint(after);
        match date_time(at(middle)).as_str() <= wanted {
            true => before = middle,
            false => after = middle,
        }
    }
    Some(at(before))
}

/// More than the eight thousand years a date can name.
const MOST_SECONDS: u64 = 1 << 38;

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
    fn a_date_is_found_again() {
        for wanted in [
            "2026-11-20 10:00:00",
            "2026-11-20 10:00:07",
            "2031-02-28 23:59:59",
        ] {
            let found = instant(wanted).map(date_time);
            assert_eq!(found.as_deref(), Some(wanted));
        }
        assert_eq!(instant("2026-11-20 09:59:59"), None);
    }
}
