//! An example is real: it says what it shows, and a test runs it.

use crate::{Finding, Tree};

use super::{is_of_tidy, name_of};

/// Finds examples that nothing describes, or that no test names.
#[must_use]
pub fn untold_or_untested(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for example in examples(tree) {
        let name = name_of(example);
        if !tree.has(&format!("{example}/README.md"))
            && !tree.text("examples/README.md").is_some_and(|text| text.contains(name))
        {
            findings.push(Finding::about(example, "no line of a README tells what it shows"));
        }
        if !is_tested(tree, example) {
            findings
                .push(Finding::about(example, format!("no test under tests/ names \"{name}\" or {example}")));
        }
    }
    findings
}

/// A folder under `examples/` with a project in it.
fn examples(tree: &Tree) -> impl Iterator<Item = &str> {
    let projects = ["wrangler.toml", "wrangler.json", "wrangler.jsonc"];
    projects.into_iter().flat_map(|project| tree.folders_with("examples", project))
}

fn is_tested(tree: &Tree, example: &str) -> bool {
    let quoted = format!("\"{}\"", name_of(example));
    tree.texts()
        .filter(|(path, _)| (path.starts_with("tests/") || path.contains("/tests/")) && !is_of_tidy(path))
        .any(|(_, text)| text.contains(example) || text.contains(&quoted))
}

#[cfg(test)]
mod tests {
    use super::untold_or_untested;
    use crate::Tree;

    #[test]
    fn an_example_without_a_word_or_a_test_is_found() {
        let tree = Tree::of(&[
            ("examples/hello/wrangler.toml", ""),
            ("examples/hello/README.md", "# hello"),
            ("examples/chat/wrangler.jsonc", ""),
            ("tests/blackbox/tests/examples.rs", "serve(\"hello\")"),
        ]);
        assert_eq!(untold_or_untested(&tree).len(), 2, "chat has neither");
    }
}
