//! A link in the documentation leads somewhere.

use crate::{Finding, Tree};

use super::ending_of;

/// Finds links between files of the tree, and to headings in them, that lead nowhere.
#[must_use]
pub fn dead_links(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| ending_of(path) == "md") {
        for (line, target) in links(text) {
            if let Some(what) = flaw(tree, path, target) {
                findings.push(Finding::at(path, line, what));
            }
        }
    }
    findings
}

fn flaw(tree: &Tree, from: &str, target: &str) -> Option<String> {
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    if file.contains(':') || file.starts_with('/') {
        return None;
    }
    let to = if file.is_empty() { from.to_owned() } else { resolved(from, file)? };
    if !tree.has(&to) {
        return Some(format!("links to {target}, which is not there"));
    }
    let text = tree.text(&to).filter(|_| !heading.is_empty() && ending_of(&to) == "md")?;
    (!headings(text).any(|known| known == heading))
        .then(|| format!("links to {target}, but {to} has no such heading"))
}

/// The path that `file` names as seen from the file `from`; none where it leaves the tree.
fn resolved(from: &str, file: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Every `[text](target)` outside code, with its line.
fn links(text: &str) -> impl Iterator<Item = (usize, &str)> {
    prose(text).flat_map(|(number, line)| {
        // Code between backquotes is every second piece.
        line.split('`').step_by(2).flat_map(move |piece| {
            piece.split("](").skip(1).filter_map(move |rest| {
                Some((number, rest.split([')', ' ']).next().filter(|target| !target.is_empty())?))
            })
        })
    })
}

/// The lines outside fenced code, numbered from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((index + 1, line))
    })
}

/// The names under which a page's headings can be linked to.
fn headings(text: &str) -> impl Iterator<Item = String> {
    prose(text).filter_map(|(_, line)| line.strip_prefix('#')).map(|rest| {
        rest.trim_start_matches('#')
            .trim()
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::dead_links;
    use crate::Tree;

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let tree = Tree::of(&[
            (
                "docs/a.md",
                "[b](b.md) [up](../README.md#the-rooms) [c](c.md)\n[d](b.md#gone) `[x](y.md)`\n```\n[z](z.md)\n```\n",
            ),
            ("docs/b.md", "# B\n"),
            ("README.md", "## The rooms\n[docs](docs) [out](https://x.org/y.md) [self](#the-rooms)\n"),
        ]);
        let found: Vec<_> = dead_links(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found.iter().any(|finding| finding.contains("c.md"))
                && found.iter().any(|finding| finding.contains("#gone"))
        );
    }
}
