//! The platform's JavaScript in two parts: what every isolate starts with, and what it loads when it first uses it.

use super::name_of;
use crate::{Finding, Tree};

const ROOM: &str = "crates/web/js/";
const MAIN: &str = "main.js";
/// What is loaded when it is used lies here.
const LATE: [&str; 2] = ["lazy/", "node/"];

/// Finds imports that cross between the two parts in a way that would fail, or make every isolate larger.
#[must_use]
pub fn imports_across(tree: &Tree) -> Vec<Finding> {
    let Some(registry) = tree.text(&format!("{ROOM}lazy-tables.js")) else { return Vec::new() };
    let mut findings = Vec::new();
    for (path, text) in tree.texts() {
        let Some(name) = path.strip_prefix(ROOM).filter(|name| name.ends_with(".js")) else { continue };
        for import in imports(text) {
            let imported = join(name, import);
            let registered = registry.contains(&format!("\"{imported}\":"));
            if is_late(&imported) && !is_late(name) {
                findings.push(Finding::about(path, format!("it brings {imported} into every isolate")));
            } else if is_late(name) && !is_late(&imported) && !registered {
                findings.push(Finding::about(
                    path,
                    format!("{imported} is not in the registry of {ROOM}lazy-tables.js"),
                ));
            }
        }
    }
    findings
}

/// Finds modules that nothing can reach: neither an import nor the tables of what is loaded late.
#[must_use]
pub fn unreachable(tree: &Tree) -> Vec<Finding> {
    let modules = || {
        tree.texts()
            .filter_map(|(path, text)| Some((path.strip_prefix(ROOM)?, text)))
            .filter(|(name, _)| name.ends_with(".js"))
    };
    // The modules of Node are listed by Node's names for them.
    let list = tree.text(&format!("{ROOM}node-modules.js")).unwrap_or_default();
    let is_of_node = |module: &str| {
        let name = module.strip_prefix("node/").and_then(|name| name.strip_suffix(".js"));
        name.is_some_and(|name| list.split([' ', '"']).any(|listed| listed == name))
    };
    let reached = |module: &str| {
        modules().any(|(name, text)| {
            name != module
                && (imports(text).any(|import| join(name, import) == module)
                    || text.contains(&format!("\"{module}\"")))
        }) || is_of_node(module)
    };
    modules()
        .filter(|(name, _)| *name != MAIN && !reached(name))
        .map(|(name, _)| {
            Finding::about(format!("{ROOM}{name}"), format!("nothing imports or loads {}", name_of(name)))
        })
        .collect()
}

fn is_late(name: &str) -> bool {
    LATE.iter().any(|folder| name.starts_with(folder))
}

/// What a module imports, as it is written there.
fn imports(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let rest = line.strip_prefix("import \"").or_else(|| {
            let from = line.find(" from \"")?;
            let is_import = ["import ", "export ", "} from"].iter().any(|start| line.starts_with(start));
            is_import.then(|| line.get(from + " from \"".len()..)).flatten()
        })?;
        rest.split('"').next()
    })
}

fn join(from: &str, specifier: &str) -> String {
    let mut parts: Vec<_> = from.split('/').collect();
    parts.pop();
    for part in specifier.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::{imports_across, unreachable};
    use crate::Tree;

    #[test]
    fn an_import_across_the_parts_is_found() {
        let tree = Tree::of(&[
            ("crates/web/js/lazy-tables.js", "const registry = { \"a.js\": a };"),
            ("crates/web/js/main.js", "import { x } from \"./lazy/x.js\";\nimport \"./a.js\";"),
            (
                "crates/web/js/lazy/x.js",
                "import { a } from \"../a.js\";\nimport {\n  b,\n} from \"../b.js\";\nimport \"./y.js\";",
            ),
        ]);
        let found: Vec<_> = imports_across(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("b.js is not in the registry"), "{found:?}");
        assert!(found[1].contains("lazy/x.js into every isolate"), "{found:?}");
    }

    #[test]
    fn a_module_that_nothing_loads_is_found() {
        let tree = Tree::of(&[
            ("crates/web/js/main.js", "import \"./a.js\";"),
            ("crates/web/js/a.js", "load(\"lazy/b.js\")"),
            ("crates/web/js/lazy/b.js", ""),
            ("crates/web/js/lazy/c.js", ""),
        ]);
        assert_eq!(unreachable(&tree).len(), 1);
    }
}
