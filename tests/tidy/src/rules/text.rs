//! What every text file keeps to.

use crate::{Finding, Tree};

use super::{ending_of, is_of_tidy, is_source, name_of};

/// Folders of files that have to be just as they are.
const AS_THEY_ARE: [&str; 3] = ["/fixtures/", "/golden/", "/snapshots/"];

/// Finds trailing white space, tabs, carriage returns, and a missing or doubled end.
#[must_use]
pub fn white_space(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| is_kept(path)) {
        for (index, line) in text.split('\n').enumerate() {
            if line.ends_with([' ', '\t', '\r']) {
                findings.push(Finding::at(path, index + 1, "white space at the end of the line"));
            } else if line.contains('\t') && name_of(path) != "Makefile" {
                findings.push(Finding::at(path, index + 1, "a tab: write spaces, or `\\t` in a string"));
            }
        }
        if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
            findings.push(Finding::about(path, "ends with just one line break"));
        }
    }
    findings
}

/// Finds paths of one person's machine.
#[must_use]
pub fn home_paths(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| !is_of_tidy(path)) {
        for (index, line) in text.lines().enumerate() {
            if ["/home/", "/Users/", "/root/"].iter().any(|home| starts_a_path(line, home)) {
                findings.push(Finding::at(
                    path,
                    index + 1,
                    "a path of one machine: name it from the root of the checkout",
                ));
            }
        }
    }
    findings
}

/// Whether `home` stands at a path's beginning, with a name after it; `https://x.org/home/a` is no such place.
fn starts_a_path(line: &str, home: &str) -> bool {
    line.match_indices(home).any(|(start, _)| {
        let (before, rest) = line.split_at(start);
        let named =
            rest.chars().nth(home.chars().count()).is_some_and(|c| c.is_ascii_alphanumeric() || c == '.');
        let inside =
            before.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric() || "._-/}])>*".contains(c));
        named && !inside
    })
}

fn is_kept(path: &str) -> bool {
    let text = is_source(path)
        || matches!(
            ending_of(path),
            "toml" | "md" | "html" | "css" | "json" | "jsonc" | "yml" | "yaml" | "capnp" | "lua" | "txt"
        )
        || name_of(path) == "Makefile";
    text && !AS_THEY_ARE.iter().any(|folder| path.contains(folder))
}

#[cfg(test)]
mod tests {
    use super::{home_paths, white_space};
    use crate::Tree;

    #[test]
    fn stray_white_space_is_found() {
        let tree = Tree::of(&[("a.rs", "x \n\ty\nz"), ("Makefile", "a:\n\tb\n"), ("c.md", "x\n\n")]);
        assert_eq!(white_space(&tree).len(), 4);
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        let tree = Tree::of(&[(
            "a.md",
            "see /home/ada/mote\nor (/Users/bob/x)\nnot https://x.org/home/page\nnor $ROOT/home/x\nnor /home/ alone\n",
        )]);
        assert_eq!(home_paths(&tree).len(), 2);
    }
}
