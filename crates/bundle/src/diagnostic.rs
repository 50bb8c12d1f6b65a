//! What is wrong, where, and what to do about it: one shape for the configuration, the code and the bundler.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Most characters of a line that a code frame shows; minified files have lines of megabytes.
const FRAME_CHARS_MAX: usize = 120;

/// One thing to tell the developer. `Display` gives the whole text, without colours and without a final newline; that it is an
/// error or a warning is said by whoever prints it, in the way in which everything else is printed there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether there is a bundle in spite of it.
    pub severity: Severity,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Where, if it is in a file.
    pub location: Option<Location>,
    /// The lines of code in question with a mark under them.
    pub frame: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// There is no bundle.
    Error,
    /// There is a bundle; it may not do what its author thinks.
    Warning,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file, relative to the project's folder where it is inside.
    pub file: PathBuf,
    /// Counted from 1.
    pub line: usize,
    /// In UTF-16 code units as editors and V8 have it, counted from 1.
    pub column: usize,
}

impl Diagnostic {
    /// An error that is in no particular line.
    pub(crate) fn error(message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, message: message.into(), location: None, frame: None, hint: None }
    }

    /// A warning that is in no particular line.
    pub(crate) fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message) }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(location) = &self.location {
            write!(f, "\n  at {location}")?;
        }
        if let Some(frame) = &self.frame {
            write!(f, "\n{frame}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  help: {hint}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// Several errors, one after the other. That the first is one, the printer says.
pub(crate) struct Listed<'a>(pub(crate) &'a [Diagnostic]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, diagnostic) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n\nerror: ")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}

/// A file's text, to make diagnostics that point into it.
#[derive(Clone, Debug)]
pub(crate) struct SourceText {
    file: PathBuf,
    text: String,
}

impl SourceText {
    pub(crate) fn new(file: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self { file: file.into(), text: text.into() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn error(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        self.point(Diagnostic::error(message), span)
    }

    pub(crate) fn warning(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        self.point(Diagnostic::warning(message), span)
    }

    fn point(&self, mut diagnostic: Diagnostic, span: Range<usize>) -> Diagnostic {
        let start = self.text.floor_char_boundary(span.start);
        let end = self.text.floor_char_boundary(span.end).max(start);
        let (before, after) = self.text.split_at(start);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line_end = after.find('\n').map_or(self.text.len(), |at| start + at);
        let slice = |range: Range<usize>| self.text.get(range).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let lead = slice(line_start..start);
        diagnostic.location =
            Some(Location { file: self.file.clone(), line, column: lead.encode_utf16().count() + 1 });
        let marked = slice(start..end.min(line_end));
        diagnostic.frame = Some(frame(line, lead, marked, slice(start..line_end)));
        diagnostic
    }
}

/// The line with a mark under the part in question. `rest` is the line from the mark's start.
fn frame(line: usize, lead: &str, marked: &str, rest: &str) -> String {
    let lead_chars = lead.chars().count();
    let skipped = lead_chars.saturating_sub(FRAME_CHARS_MAX / 2);
    // Tabs become one space each, so that the mark stands where it should whatever the terminal makes of a tab.
    let flat = |text: &str, chars: usize| {
        text.trim_end_matches('\r')
            .chars()
            .take(chars)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect::<String>()
    };
    let lead = flat(lead, lead_chars).chars().skip(skipped).collect::<String>();
    let rest = flat(rest, FRAME_CHARS_MAX - lead.chars().count());
    let mark = "^".repeat(marked.trim_end().chars().count().min(rest.chars().count()).max(1));
    let number = line.to_string();
    let (margin, indent) = (" ".repeat(number.len()), " ".repeat(lead.chars().count()));
    format!(" {number} | {lead}{rest}\n {margin} | {indent}{mark}")
}

/// `path` relative to `root` if it is inside; for people to read.
pub(crate) fn shown(path: &Path, root: &Path) -> PathBuf {
    path.strip_prefix(root).ok().filter(|rest| !rest.as_os_str().is_empty()).unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_under_the_part_in_question() {
        let source = SourceText::new("wrangler.toml", "name = \"a\"\n\tmain = 3 # ü\n");
        let diagnostic = source.error(19..20, "`main` must be a string").with_hint("write a path");
        let expected = "`main` must be a string\n  at wrangler.toml:2:9\n 2 |  main = 3 # ü\n   |         ^\n  help: write a path";
        assert_eq!(diagnostic.to_string(), expected);
    }

    #[test]
    fn each_of_several_errors_is_said_to_be_one_once() {
        let errors = [Diagnostic::error("one"), Diagnostic::error("two").with_hint("mend it")];
        assert_eq!(format!("error: {}", Listed(&errors)), "error: one\n\nerror: two\n  help: mend it");
    }

    #[test]
    fn a_place_outside_the_text_or_inside_a_character_never_panics() {
        for text in ["", "ü", "\n\n", "aü\u{1F600}b\r\n"] {
            let source = SourceText::new("f", text);
            for start in 0..text.len() + 3 {
                for end in 0..text.len() + 3 {
                    assert!(source.error(start..end, "x").frame.is_some());
                }
            }
        }
    }

    #[test]
    fn a_line_of_a_megabyte_gives_a_short_frame() {
        let text = "x".repeat(1 << 20);
        let diagnostic = SourceText::new("f", text).warning(500_000..500_003, "x");
        assert_eq!(diagnostic.location.map(|at| at.column), Some(500_001));
        assert!(diagnostic.frame.is_some_and(|frame| frame.len() < 300 && frame.contains("^^^")));
    }
}
