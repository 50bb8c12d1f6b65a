//! Names that say nothing, and marks of unfinished work.

use crate::{Finding, Tree};

use super::{ending_of, is_of_tidy, is_source, name_of};

/// Names under which anything ends up.
const EMPTY_NAMES: [&str; 9] =
    ["util", "utils", "common", "helper", "helpers", "manager", "managers", "misc", "shared"];

/// Where Node's own modules are, by the names that Node has given them.
const NAMED_BY_NODE: [&str; 2] = ["crates/web/js/node/util", "crates/cell/tests/node/util"];

/// Text that stands where work was put off, with what to do about it.
const MARKS: [(&str, &str); 8] = [
    ("todo!(", "finish it, or leave it out and open an issue"),
    ("unimplemented!(", "finish it, or answer with an error that says so"),
    ("dbg!(", "left over from a hunt"),
    ("FIXME", "mend it, or open an issue"),
    ("XXX", "mend it, or open an issue"),
    ("#[ignore", "a test that does not run holds nothing: mend it or take it out"),
    ("test.skip(", "a test that does not run holds nothing: mend it or take it out"),
    ("test.only(", "the other tests would not run"),
];

/// Finds files, folders and modules whose name does not say what is in them.
#[must_use]
pub fn empty_names(tree: &Tree) -> Vec<Finding> {
    tree.paths()
        .filter(|path| ["crates/", "tests/", "bench/", "scripts/"].iter().any(|top| path.starts_with(top)))
        .filter(|path| !NAMED_BY_NODE.iter().any(|place| path.split('.').next() == Some(place)))
        .filter(|path| EMPTY_NAMES.contains(&name_of(path).split('.').next().unwrap_or_default()))
        .map(|path| Finding::about(path, "says nothing of what is in it: name it after its one concern"))
        .collect()
}

/// Finds marks of unfinished work in sources.
#[must_use]
pub fn unfinished_work(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| is_source(path) && !is_of_tidy(path)) {
        for (index, line) in text.lines().enumerate() {
            for (mark, advice) in MARKS.iter().filter(|(mark, _)| line.contains(mark)) {
                findings.push(Finding::at(path, index + 1, format!("`{mark}`: {advice}")));
            }
            // A promise with an issue is a plan, one without is a wish.
            if line.contains("TODO") && !line.contains("TODO(#") {
                findings.push(Finding::at(path, index + 1, "a `TODO` names its issue: `TODO(#12)`"));
            }
        }
    }
    findings
}

/// Finds attributes that switch a lint off without saying why.
#[must_use]
pub fn allow_without_reason(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| ending_of(path) == "rs" && !is_of_tidy(path)) {
        for (index, line) in text.lines().enumerate() {
            let opens = ["#[allow(", "#![allow(", "#[expect(", "#![expect("]
                .iter()
                .any(|word| line.trim_start().starts_with(word));
            if opens && !attribute(text, index).contains("reason") {
                findings.push(Finding::at(path, index + 1, "switches a lint off without `reason = \"...\"`"));
            }
        }
    }
    findings
}

/// The whole attribute that begins on this line; it may go over several.
fn attribute(text: &str, first_line: usize) -> String {
    let mut whole = String::new();
    for line in text.lines().skip(first_line) {
        whole.push_str(line);
        if line.trim_end().ends_with(']') {
            break;
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::{allow_without_reason, empty_names, unfinished_work};
    use crate::Tree;

    #[test]
    fn a_name_that_says_nothing_is_found() {
        let tree = Tree::of(&[
            ("crates/a/src/utils.rs", ""),
            ("tests/common/mod.rs", ""),
            ("crates/a/src/manager/x.rs", ""),
            ("crates/a/src/common_prefix.rs", ""),
        ]);
        assert_eq!(empty_names(&tree).len(), 3);
    }

    #[test]
    fn unfinished_work_is_found_and_a_todo_with_an_issue_is_not() {
        let tree = Tree::of(&[(
            "crates/a/src/b.rs",
            "fn a() { todo!() }\n// TODO later\n// TODO(#3) later\n#[ignore = \"slow\"]\n// Todoist\n",
        )]);
        assert_eq!(unfinished_work(&tree).len(), 3);
    }

    #[test]
    fn a_lint_is_switched_off_only_with_a_reason() {
        let tree = Tree::of(&[(
            "crates/a/src/b.rs",
            "#[allow(dead_code)]\n#[allow(\n    dead_code,\n    reason = \"x\"\n)]\n#![expect(unused, reason = \"y\")]\n",
        )]);
        assert_eq!(allow_without_reason(&tree).len(), 1);
    }
}
