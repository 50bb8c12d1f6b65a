//! Which files become modules of their own, and of what kind: wrangler's module rules.
//!
//! A rule's `*` stands for any characters. In an import it may stand for `/` too; in a walk through the folders only
//! `**` does. Of each type only the first rule counts, unless it says `fallthrough = true`: so a rule of one's own
//! replaces the default rule of its type. A file that only an ignored rule matches is an error, not a surprise.

use mote_wire::bundle::ModuleKind;

/// A rule as the configuration has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) kind: RuleKind,
    pub(crate) globs: Vec<String>,
    pub(crate) fallthrough: Option<bool>,
}

/// The types of modules that a rule can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuleKind {
    EsModule,
    CommonJs,
    CompiledWasm,
    Text,
    Data,
}

/// All rules in force, and those that are not.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    in_force: Vec<Rule>,
    ignored: Vec<Rule>,
}

/// What the rules say of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict<'a> {
    Module(ModuleKind),
    /// Only a rule matches that an earlier one of its type put out of force.
    Ignored(&'a Rule),
    Unmatched,
}

/// Where a glob is matched, which decides what `*` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matching {
    /// The specifier of an import.
    Import,
    /// A path below the folder of the modules.
    Walk,
}

impl RuleKind {
    pub(crate) const NAMES: [&'static str; 5] = ["ESModule", "CommonJS", "CompiledWasm", "Text", "Data"];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "ESModule" => Self::EsModule,
            "CommonJS" => Self::CommonJs,
            "CompiledWasm" => Self::CompiledWasm,
            "Text" => Self::Text,
            "Data" => Self::Data,
            _ => return None,
        })
    }

    fn module_kind(self) -> ModuleKind {
        match self {
            Self::EsModule => ModuleKind::EsModule,
            Self::CommonJs => ModuleKind::CommonJs,
            Self::CompiledWasm => ModuleKind::Wasm,
            Self::Text => ModuleKind::Text,
            Self::Data => ModuleKind::Data,
        }
    }
}

impl Rules {
    /// The given rules, then the default ones.
    pub(crate) fn new(own: &[Rule]) -> Self {
        let default = |kind, globs: &[&str]| Rule {
            kind,
            globs: globs.iter().map(|glob| (*glob).to_owned()).collect(),
            fallthrough: None,
        };
        let defaults = [
            default(RuleKind::Text, &["**/*.txt", "**/*.html", "**/*.sql"]),
            default(RuleKind::Data, &["**/*.bin"]),
            default(RuleKind::CompiledWasm, &["**/*.wasm", "**/*.wasm?module"]),
        ];
        let (mut in_force, mut ignored, mut complete) = (Vec::<Rule>::new(), Vec::new(), Vec::new());
        for rule in own.iter().chain(&defaults) {
            if complete.contains(&rule.kind) {
                ignored.push(rule.clone());
                continue;
            }
            if rule.fallthrough != Some(true) {
                complete.push(rule.kind);
            }
            in_force.push(rule.clone());
        }
        Self { in_force, ignored }
    }

    /// The globs of the rules in force, by the kind of module.
    pub(crate) fn globs(&self) -> Vec<(ModuleKind, Vec<String>)> {
        self.in_force.iter().map(|rule| (rule.kind.module_kind(), rule.globs.clone())).collect()
    }

    /// What the rules say of a file, by its specifier or its path relative to the folder of the modules.
    pub(crate) fn judge(&self, path: &str, matching: Matching) -> Verdict<'_> {
        let path = path.strip_prefix("./").unwrap_or(path);
        let matches = |rule: &&Rule| rule.globs.iter().any(|glob| matches(glob, path, matching));
        if let Some(rule) = self.in_force.iter().find(matches) {
            return Verdict::Module(rule.kind.module_kind());
        }
        self.ignored.iter().find(matches).map_or(Verdict::Unmatched, Verdict::Ignored)
    }
}

/// What to say of a file that only an ignored rule matches.
pub(crate) fn ignored_message(path: &str, rule: &Rule) -> String {
    format!(
        "`{path}` matches a module rule for {}, which an earlier rule of the same type puts out of force; \
         add `fallthrough = true` to the earlier rule",
        rule.globs.join(", ")
    )
}

fn matches(glob: &str, path: &str, matching: Matching) -> bool {
    let glob = glob.strip_prefix("./").unwrap_or(glob);
    let glob: Vec<char> = glob.chars().collect();
    let path: Vec<char> = path.chars().collect();
    matches_chars(&glob, &path, matching)
}

/// Classic wildcard matching with one point to go back to per kind of star, so it never takes exponential time.
fn matches_chars(glob: &[char], path: &[char], matching: Matching) -> bool {
    let tokens = tokens(glob, matching);
    // `reached[i]`: the tokens so far match the first `i` characters of the path.
    let mut reached = vec![false; path.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for token in tokens {
        reached = step(token, &reached, path);
    }
    reached.last().copied().unwrap_or(false)
}

#[derive(Clone, Copy)]
enum Token {
    One(char),
    /// Any characters but `/`.
    InSegment,
    /// Any characters.
    Any,
    /// Nothing, or anything that ends with `/`.
    Folders,
}

fn tokens(glob: &[char], matching: Matching) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = glob;
    let mut at_start = true;
    loop {
        rest = match rest {
            [] => return tokens,
            ['*', '*', '/', rest @ ..] if at_start => {
                tokens.push(Token::Folders);
                rest
            }
            ['*', '*', rest @ ..] => {
                tokens.push(Token::Any);
                at_start = false;
                continue_with(rest)
            }
            ['*', rest @ ..] => {
                tokens.push(if matching == Matching::Import { Token::Any } else { Token::InSegment });
                at_start = false;
                rest
            }
            [c, rest @ ..] => {
                tokens.push(Token::One(*c));
                at_start = *c == '/';
                rest
            }
        };
    }
}

/// More than two stars are as good as two.
fn continue_with(rest: &[char]) -> &[char] {
    match rest {
        ['*', rest @ ..] => continue_with(rest),
        rest => rest,
    }
}

fn step(token: Token, reached: &[bool], path: &[char]) -> Vec<bool> {
    let mut next = vec![false; reached.len()];
    let mut open = false;
    for (at, slot) in next.iter_mut().enumerate() {
        let here = reached.get(at).copied().unwrap_or(false);
        let last = at.checked_sub(1).and_then(|before| path.get(before));
        let before = at.checked_sub(1).and_then(|before| reached.get(before)).copied().unwrap_or(false);
        *slot = match token {
            Token::One(c) => before && last == Some(&c),
            Token::Any => {
                open |= here;
                open
            }
            Token::InSegment => {
                open = here || (open && last != Some(&'/'));
                open
            }
            Token::Folders => {
                open |= here;
                here || (open && last == Some(&'/'))
            }
        };
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(kind: RuleKind, glob: &str, fallthrough: Option<bool>) -> Rule {
        Rule { kind, globs: vec![glob.to_owned()], fallthrough }
    }

    #[test]
    fn the_default_rules_are_wranglers() {
        let rules = Rules::new(&[]);
        for (path, kind) in [
            ("./a.txt", ModuleKind::Text),
            ("a.html", ModuleKind::Text),
            ("../x/schema.sql", ModuleKind::Text),
            ("pkg/deep/a.bin", ModuleKind::Data),
            ("./a.wasm", ModuleKind::Wasm),
            ("@scope/pkg/a.wasm?module", ModuleKind::Wasm),
        ] {
            assert_eq!(rules.judge(path, Matching::Import), Verdict::Module(kind), "{path}");
        }
        for path in ["./a.js", "a.json", "wasm", "./a.wasm.js", "./a.wasm?init", "atxt"] {
            assert_eq!(rules.judge(path, Matching::Import), Verdict::Unmatched, "{path}");
        }
    }

    #[test]
    fn a_rule_of_ones_own_replaces_the_default_of_its_type_unless_it_falls_through() {
        let own = rule(RuleKind::Text, "**/*.md", None);
        let rules = Rules::new(std::slice::from_ref(&own));
        assert_eq!(rules.judge("a.md", Matching::Import), Verdict::Module(ModuleKind::Text));
        assert!(matches!(rules.judge("a.txt", Matching::Import), Verdict::Ignored(_)));
        assert_eq!(rules.judge("a.bin", Matching::Import), Verdict::Module(ModuleKind::Data));

        let rules = Rules::new(&[Rule { fallthrough: Some(true), ..own }]);
        assert_eq!(rules.judge("a.txt", Matching::Import), Verdict::Module(ModuleKind::Text));
    }

    #[test]
    fn a_star_crosses_folders_in_imports_but_not_in_walks() {
        for (glob, path, import, walk) in [
            ("*.md", "a/b.md", true, false),
            ("*.md", "b.md", true, true),
            ("**/*.md", "b.md", true, true),
            ("**/*.md", "a/c/b.md", true, true),
            ("lang/**/*.js", "lang/en.js", true, true),
            ("lang/**/*.js", "lang/a/en.js", true, true),
            ("lang/*.js", "lang/a/en.js", true, false),
            ("lang/**", "lang/a/en.js", true, true),
            ("a?.js", "ab.js", false, false),
            ("a?.js", "a?.js", true, true),
            ("{a,b}.js", "a.js", false, false),
            ("", "a", false, false),
            ("***", "a/b", true, true),
        ] {
            assert_eq!(matches(glob, path, Matching::Import), import, "import {glob} {path}");
            assert_eq!(matches(glob, path, Matching::Walk), walk, "walk {glob} {path}");
        }
    }

    #[test]
    fn a_glob_full_of_stars_takes_no_exponential_time() {
        let glob = "*a".repeat(500);
        let path = "a".repeat(499) + "b";
        assert!(!matches(&glob, &path, Matching::Import));
    }
}
