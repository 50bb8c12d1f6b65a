//! What a node writes: one line for each thing that happened, with its time, on stderr. For files and for journald.

use std::{
    fmt,
    io::{self, Write},
    sync::OnceLock,
};

use serde_json::Value;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// Nothing is wrong.
    Info,
    /// Somebody should look at it.
    Warn,
    /// It must be mended.
    Error,
}

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Time, level, text: for people.
    Text,
    /// A JSON object on each line: for programs.
    Json,
}

static FORMAT: OnceLock<Format> = OnceLock::new();

/// Says how lines are written, before the first one is.
pub(crate) fn set_format(format: Format) {
    let _ = FORMAT.set(format);
}

/// Writes a line. What a worker, its client or a cell may have chosen is made harmless.
pub(crate) fn line(level: Level, text: impl fmt::Display) {
    about(level, &[], text);
}

/// Writes a line about something; only programs are told what, apart from the text.
pub(crate) fn about(level: Level, of: &[(&str, Value)], text: impl fmt::Display) {
    let level = match level {
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    };
    let text = text.to_string();
    let line = match FORMAT.get() {
        Some(Format::Json) => json_line(&now(), level, of, &text),
        Some(Format::Text) | None => format!("{} {level:<5} {}", now(), printable(&text)),
    };
    // A closed pipe is no reason to stop serving.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

fn json_line(time: &str, level: &str, of: &[(&str, Value)], text: &str) -> String {
    let mut line = serde_json::Map::new();
    line.insert("time".to_owned(), time.into());
    line.insert("level".to_owned(), level.into());
    line.extend(of.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    line.insert("message".to_owned(), text.into());
    Value::Object(line).to_string()
}

/// Text without what could steer a terminal or pass for another line.
fn printable(text: &str) -> String {
    text.replace('\n', "\n  ")
        .chars()
        .map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c })
        .collect()
}

/// The time as RFC 3339 has it.
#[expect(clippy::disallowed_methods, reason = "a log says when")]
fn now() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs();
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let (year, month, day) = date_of(seconds / 86_400);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", since.subsec_millis())
}

/// Year, month and day of a number of days since 1970-01-01 in the Gregorian calendar.
fn date_of(days: u64) -> (u64, u64, u64) {
    // Counted from 1 March of the year 0, so that the leap day is a year's last; an era has 400 years, 146,097 days.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        for (days, date) in [
            (0, (1970, 1, 1)),
            (58, (1970, 2, 28)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (20_782, (2026, 11, 25)),
        ] {
            assert_eq!(date_of(days), date);
        }
    }

    #[test]
    fn a_line_for_programs_is_one_object_on_one_line() {
        let line = json_line("now", "info", &[("worker", "shop".into())], "two\nlines \u{1b}[2J");
        assert!(!line.contains('\n') && !line.contains('\u{1b}'), "{line}");
        let read: Value = serde_json::from_str(&line).unwrap();
        let expected = serde_json::json!({"time": "now", "level": "info", "worker": "shop", "message": "two\nlines \u{1b}[2J"});
        assert_eq!(read, expected);
    }

    #[test]
    fn nobody_forges_a_line() {
        assert_eq!(printable("a\nb\u{1b}[2Jc\r"), "a\n  b\u{fffd}[2Jc\u{fffd}");
    }
}
