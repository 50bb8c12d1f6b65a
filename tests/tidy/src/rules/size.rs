//! No file grows past the line, and those that once did may only shrink.

use crate::{Finding, Tree};

use super::is_source;

/// From here on a file likely holds more than one idea: it needs an entry in the ratchet, and a reason in review.
const LINES_TO_THINK_AT: usize = 500;
/// Past this it is split, whatever the reason.
const LINES_MAX: usize = 800;
/// How far a file may lie under its entry before the entry has to follow.
const SLACK_LINES: usize = 25;
/// Part of every isolate's start-up: here the first line is the last.
const NEVER_LONG: &str = "crates/web/js/";

/// Where the long files are listed: a line each, `<lines> <path>`.
pub const RATCHET: &str = "tests/tidy/ratchet.txt";

/// Finds files that are too long, and entries of the ratchet that are out of date.
#[must_use]
pub fn length(tree: &Tree) -> Vec<Finding> {
    let entries = entries(tree.text(RATCHET).unwrap_or_default());
    let mut findings = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| is_source(path)) {
        let lines = text.lines().count();
        let allowed =
            entries.iter().find(|(_, listed)| *listed == path).map_or(LINES_TO_THINK_AT, |(lines, _)| *lines);
        if let Some(what) = verdict(path, lines, allowed) {
            findings.push(Finding::about(path, what));
        }
    }
    findings.extend(
        entries.iter().filter(|(_, path)| !tree.has(path)).map(|(_, path)| {
            Finding::about(RATCHET, format!("lists {path}, which is gone: take the line out"))
        }),
    );
    findings
}

fn verdict(path: &str, lines: usize, allowed: usize) -> Option<String> {
    if lines > LINES_MAX {
        Some(format!("{lines} lines; past {LINES_MAX} a file is split"))
    } else if path.starts_with(NEVER_LONG) && lines > LINES_TO_THINK_AT {
        Some(format!("{lines} lines; a module of the Web platform has at most {LINES_TO_THINK_AT}"))
    } else if lines > allowed {
        Some(format!(
            "{lines} lines, {allowed} are allowed: split it by idea, or give a reason and list it in {RATCHET}"
        ))
    } else if allowed > LINES_TO_THINK_AT && lines + SLACK_LINES < allowed {
        Some(format!(
            "has shrunk to {lines} lines: lower its entry in {RATCHET} from {allowed}, or take it out"
        ))
    } else {
        None
    }
}

fn entries(ratchet: &str) -> Vec<(usize, &str)> {
    ratchet
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(lines, path)| Some((lines.parse().ok()?, path.trim())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{RATCHET, length};
    use crate::Tree;

    fn found(lines: usize, path: &str, ratchet: &str) -> usize {
        length(&Tree::of(&[(path, &"x\n".repeat(lines)), (RATCHET, ratchet)])).len()
    }

    #[test]
    fn a_file_never_grows_past_the_line_unlisted() {
        assert_eq!(found(500, "crates/a/src/b.rs", ""), 0);
        assert_eq!(found(501, "crates/a/src/b.rs", ""), 1);
    }

    #[test]
    fn a_listed_file_may_only_shrink() {
        assert_eq!(found(600, "crates/a/src/b.rs", "600 crates/a/src/b.rs"), 0);
        assert_eq!(found(601, "crates/a/src/b.rs", "600 crates/a/src/b.rs"), 1);
        assert_eq!(found(560, "crates/a/src/b.rs", "600 crates/a/src/b.rs"), 1, "the entry follows");
    }

    #[test]
    fn no_entry_lifts_the_last_line() {
        assert_eq!(found(801, "crates/a/src/b.rs", "900 crates/a/src/b.rs"), 1);
        assert_eq!(found(501, "crates/web/js/b.js", "600 crates/web/js/b.js"), 1);
    }

    #[test]
    fn an_entry_without_its_file_is_found() {
        assert_eq!(found(10, "crates/a/src/b.rs", "600 crates/gone.rs"), 1);
    }
}
