//! What a node writes: one line for each thing that happened, with its time, on stderr. For files and for journald.

use std::{
    fmt,
    io::{self, Write},
    sync::OnceLock,
};

use mote_host::clock::{now_ms, rfc3339};
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
        Some(Format::Json) => json_line(&rfc3339(now_ms()), level, of, &text),
        Some(Format::Text) | None => format!("{} {level:<5} {}", rfc3339(now_ms()), printable(&text)),
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

#[cfg(test)]
mod tests {
    use super::*;

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
