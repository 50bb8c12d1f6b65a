//! The time of day, for what is written down. Nothing is decided by it, but when a cron trigger is due, when a token or a
//! pair of KV ends, and whether a date is still to come.

use std::time::{SystemTime, UNIX_EPOCH};

use mote_wire::compatibility::Date;

/// Milliseconds since the epoch.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "records say when something happened in the world")]
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The day that it is, in UTC.
#[must_use]
pub fn today() -> Date {
    let now = rfc3339(now_ms());
    now.split_once('T').and_then(|(day, _)| day.parse().ok()).unwrap_or(Date::MAX)
}

/// A time in words: RFC 3339, in UTC.
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    let (days, ms_of_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    // Howard Hinnant's `civil_from_days`: the calendar, in years that begin with March.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (second, ms) = (ms_of_day / 1_000, ms_of_day % 1_000);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(951_782_399_999), "2000-02-28T23:59:59.999Z");
        assert_eq!(rfc3339(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(rfc3339(1_795_651_200_123), "2026-11-26T00:00:00.123Z");
    }
}
