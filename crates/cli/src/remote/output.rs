//! What a command says: words for people, or one JSON document for programs.

use std::io::{self, IsTerminal, Write};

use serde_json::Value;

use super::{ConnectionOptions, RemoteError};
use crate::printable::printable;

/// Where a command's words go.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    form: Form,
    out: Colours,
    err: Colours,
}

/// The form of what is on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Words,
    Json,
}

/// Whether text is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colours {
    Painted,
    Plain,
}

/// How text is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    Red,
    Green,
    Yellow,
    Bold,
    Dim,
}

impl Colours {
    /// The text, painted where that is wanted.
    pub(crate) fn paint(self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Red => "31",
            Paint::Green => "32",
            Paint::Yellow => "33",
            Paint::Bold => "1",
            Paint::Dim => "2",
        };
        match self {
            Self::Painted => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Self::Plain => text.to_owned(),
        }
    }

    fn of(stream: &impl IsTerminal) -> Self {
        // https://no-color.org: any value but the empty one.
        #[expect(clippy::disallowed_methods, reason = "a command of mote-cli reads the surroundings")]
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if stream.is_terminal() && !unwanted { Self::Painted } else { Self::Plain }
    }
}

impl Output {
    pub(crate) fn of(connection: &ConnectionOptions) -> Self {
        let form = if connection.json { Form::Json } else { Form::Words };
        Self { form, out: Colours::of(&io::stdout()), err: Colours::of(&io::stderr()) }
    }

    /// Whether programs read this.
    pub(crate) fn is_json(&self) -> bool {
        self.form == Form::Json
    }

    /// The colours of stdout.
    pub(crate) fn colours(&self) -> Colours {
        self.out
    }

    /// A result: the words for people, or the document for programs.
    pub(crate) fn result(&self, document: &Value, words: impl FnOnce(Colours) -> String) {
        match self.form {
            Form::Json => self.line(&format!("{document:#}")),
            Form::Words => {
                let words = words(self.out);
                if !words.is_empty() {
                    self.line(&words);
                }
            }
        }
    }

    /// A line of a result that goes on.
    pub(crate) fn line(&self, text: &str) {
        self.bytes(format!("{text}\n").as_bytes());
    }

    /// A result as it is.
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        let mut out = io::stdout().lock();
        // A closed pipe: whoever read has read enough.
        let _ = out.write_all(bytes).and_then(|()| out.flush());
    }

    /// Something beside the result.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Something odd.
    pub(crate) fn warning(&self, text: &str) {
        self.note(&format!("{} {text}", self.err.paint(Paint::Yellow, "warning:")));
    }

    /// Why it failed.
    pub(crate) fn failure(&self, error: &RemoteError) {
        let help = error.help().map(|help| format!("\n  help: {help}")).unwrap_or_default();
        self.note(&format!("{} {error}{help}", self.err.paint(Paint::Red, "error:")));
        if self.is_json() {
            self.line(&format!("{:#}", error.document()));
        }
    }
}

/// Columns under their heads. What is in the cells is nobody's to trust.
pub(crate) fn table(colours: Colours, heads: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| printable(cell).replace(['\n', '\t'], " ")).collect())
        .collect();
    let width = |column: usize, head: &str| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.max().unwrap_or_default().max(head.chars().count())
    };
    let widths: Vec<usize> = heads.iter().enumerate().map(|(column, head)| width(column, head)).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let mut lines = vec![colours.paint(Paint::Dim, &line(&heads))];
    lines.extend(rows.iter().map(|row| line(row)));
    lines.join("\n")
}

/// A number of bytes, for people.
pub(crate) fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let of = |unit: u32| bytes as f64 / f64::from(unit);
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{:.1} KiB", of(1 << 10)),
        _ => format!("{:.1} MiB", of(1 << 20)),
    }
}

/// "1 file", "2 files".
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_straight_columns_and_no_one_else_s_lines() {
        let rows =
            vec![vec!["a\nb".to_owned(), "1".to_owned()], vec!["long\u{1b}er".to_owned(), String::new()]];
        let text = table(Colours::Plain, &["NAME", "N"], &rows);
        assert_eq!(text, "NAME     N\na b      1\nlong\u{fffd}er");
        assert!(table(Colours::Painted, &["NAME"], &[]).starts_with("\u{1b}[2m"));
    }

    #[test]
    fn sizes_and_counts_are_for_people() {
        assert_eq!([size(1), size(1_536), size(3 << 20)], ["1 B", "1.5 KiB", "3.0 MiB"]);
        assert_eq!([count(1, "file"), count(0, "file")], ["1 file", "0 files"]);
    }
}
