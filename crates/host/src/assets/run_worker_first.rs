//! Who is asked first: the worker or its assets (`assets.run_worker_first`).

use std::collections::HashSet;

use serde_json::Value;

/// Patterns in one list.
pub const PATTERNS_MAX: usize = 100;
/// Characters of one pattern, with its `!`.
pub const PATTERN_CHARS_MAX: usize = 100;

/// Which requests the worker sees before its assets do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RunWorkerFirst {
    /// None: an asset that matches is served.
    #[default]
    Never,
    /// All.
    Always,
    /// Those that match.
    Where(Patterns),
}

/// A list of patterns. A negative one wins over all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patterns {
    worker: Vec<Glob>,
    assets: Vec<Glob>,
}

/// Who answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// The worker, whatever assets there are.
    Worker,
    /// The assets, and if none matches, what is set for that. The worker is not asked at all.
    Assets,
    /// An asset if one matches, and else the worker.
    Matching,
}

/// What is wrong with the setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunWorkerFirstError {
    /// It is something else.
    #[error("`run_worker_first` is `true`, `false` or a list of patterns such as \"/api/*\"")]
    NoPatterns,
    /// The list is empty.
    #[error("`run_worker_first` is a list without a pattern: write `false`, or name a path")]
    Empty,
    /// The list is too long.
    #[error("`run_worker_first` has {count} patterns; at most {PATTERNS_MAX} are allowed")]
    TooMany {
        /// How many there are.
        count: usize,
    },
    /// Nothing is left for the worker.
    #[error("`run_worker_first` has negative patterns only: name a path that the worker is asked for first")]
    OnlyNegative,
    /// A pattern that is no path.
    #[error(
        "`run_worker_first` has the pattern `{pattern}`: a pattern begins with `/`, a negative one with `!/`"
    )]
    NoPath {
        /// The pattern, or as much of it as is shown.
        pattern: String,
    },
    /// A pattern that is too long.
    #[error("`run_worker_first` has a pattern of more than {PATTERN_CHARS_MAX} characters: `{pattern}...`")]
    TooLong {
        /// Its beginning.
        pattern: String,
    },
    /// A pattern that stands twice.
    #[error("`run_worker_first` has the pattern `{pattern}` twice")]
    Twice {
        /// The pattern.
        pattern: String,
    },
    /// A pattern without effect.
    #[error("`run_worker_first` has the pattern `{pattern}`, which `{by}` covers: leave it out")]
    Redundant {
        /// The pattern.
        pattern: String,
        /// The one that covers it.
        by: String,
    },
}

impl RunWorkerFirst {
    /// Reads the setting's value.
    ///
    /// # Errors
    /// When it is neither a boolean nor a list of patterns as [`Self::patterns`] reads them.
    pub fn parse(value: &Value) -> Result<Self, RunWorkerFirstError> {
        match value {
            Value::Bool(true) => Ok(Self::Always),
            Value::Bool(false) => Ok(Self::Never),
            Value::Array(items) => {
                let texts: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
                Self::patterns(&texts.ok_or(RunWorkerFirstError::NoPatterns)?)
            }
            Value::Null | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                Err(RunWorkerFirstError::NoPatterns)
            }
        }
    }

    /// Reads a list of patterns.
    ///
    /// # Errors
    /// When a pattern is no path, is too long or has no effect, or the list has too many of them, none, or negative ones only:
    /// all that Cloudflare refuses.
    pub fn patterns(texts: &[&str]) -> Result<Self, RunWorkerFirstError> {
        if texts.is_empty() {
            return Err(RunWorkerFirstError::Empty);
        }
        if texts.len() > PATTERNS_MAX {
            return Err(RunWorkerFirstError::TooMany { count: texts.len() });
        }
        texts.iter().try_for_each(|text| check(text))?;
        let (negative, positive): (Vec<&str>, Vec<&str>) =
            texts.iter().partition(|text| text.starts_with('!'));
        if positive.is_empty() {
            return Err(RunWorkerFirstError::OnlyNegative);
        }
        check_effect(&positive)?;
        check_effect(&negative)?;
        let worker = positive.iter().map(|text| Glob::parse(text)).collect();
        let assets = negative.iter().map(|text| Glob::parse(text.trim_start_matches('!'))).collect();
        Ok(Self::Where(Patterns { worker, assets }))
    }

    /// Whether the worker is asked before its assets. `path` is the URL's, as its parser left it, and without the query.
    #[must_use]
    pub fn runs_first(&self, path: &str) -> bool {
        self.first(path) == First::Worker
    }

    /// Who answers a request for this path, if there is a worker. More than [`Self::runs_first`] says: what a negative pattern
    /// matches is never the worker's, and what no pattern matches is the worker's if there is no asset.
    #[must_use]
    pub fn first(&self, path: &str) -> First {
        match self {
            Self::Never => First::Matching,
            Self::Always => First::Worker,
            Self::Where(patterns) if patterns.assets.iter().any(|glob| glob.matches(path)) => First::Assets,
            Self::Where(patterns) if patterns.worker.iter().any(|glob| glob.matches(path)) => First::Worker,
            Self::Where(_) => First::Matching,
        }
    }
}

fn check(text: &str) -> Result<(), RunWorkerFirstError> {
    if text.chars().nth(PATTERN_CHARS_MAX).is_some() {
        return Err(RunWorkerFirstError::TooLong { pattern: text.chars().take(PATTERN_CHARS_MAX).collect() });
    }
    if !text.strip_prefix('!').unwrap_or(text).starts_with('/') {
        return Err(RunWorkerFirstError::NoPath { pattern: text.to_owned() });
    }
    Ok(())
}

/// Every pattern matches something that those before and after it do not.
fn check_effect(texts: &[&str]) -> Result<(), RunWorkerFirstError> {
    let mut seen = HashSet::new();
    if let Some(twice) = texts.iter().find(|text| !seen.insert(**text)) {
        return Err(RunWorkerFirstError::Twice { pattern: (*twice).to_owned() });
    }
    for by in texts {
        let Some(start) = by.strip_suffix('*') else { continue };
        if let Some(covered) = texts.iter().find(|text| *text != by && text.starts_with(start)) {
            return Err(RunWorkerFirstError::Redundant {
                pattern: (*covered).to_owned(),
                by: (*by).to_owned(),
            });
        }
    }
    Ok(())
}

/// A path in which `*` stands for any text, slashes too. There are no other signs.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Glob {
    start: String,
    /// What stands after each `*`.
    rest: Vec<String>,
}

impl Glob {
    fn parse(text: &str) -> Self {
        let mut parts = text.split('*').map(str::to_owned);
        Self { start: parts.next().unwrap_or_default(), rest: parts.collect() }
    }

    /// Each part is taken where it is found first, which leaves the most to those after it: nothing is tried twice.
    fn matches(&self, path: &str) -> bool {
        let Some(mut path) = path.strip_prefix(self.start.as_str()) else { return false };
        let Some((end, middle)) = self.rest.split_last() else { return path.is_empty() };
        for part in middle {
            let Some((_, after)) = path.split_once(part.as_str()) else { return false };
            path = after;
        }
        path.ends_with(end.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn first(patterns: &[&str], path: &str) -> First {
        RunWorkerFirst::patterns(patterns).unwrap().first(path)
    }

    fn error(patterns: &[&str]) -> String {
        RunWorkerFirst::patterns(patterns).unwrap_err().to_string()
    }

    #[test]
    fn the_setting_is_a_boolean_or_a_list() {
        let parse = |value: Value| RunWorkerFirst::parse(&value);
        assert_eq!(parse(json!(true)), Ok(RunWorkerFirst::Always));
        assert_eq!(parse(json!(false)), Ok(RunWorkerFirst::Never));
        assert!(parse(json!(["/api/*"])).unwrap().runs_first("/api/x"));
        for value in [json!(null), json!(1), json!("/api/*"), json!({}), json!([1]), json!(["/a", true])] {
            assert_eq!(parse(value.clone()), Err(RunWorkerFirstError::NoPatterns), "{value}");
        }
        assert_eq!(RunWorkerFirst::Always.first("/x"), First::Worker);
        assert_eq!(RunWorkerFirst::Never.first("/x"), First::Matching);
    }

    #[test]
    fn a_negative_pattern_wins_wherever_it_stands() {
        for patterns in [["/api/*", "!/api/docs/*"], ["!/api/docs/*", "/api/*"]] {
            assert_eq!(first(&patterns, "/api/users"), First::Worker);
            assert_eq!(first(&patterns, "/api/docs/intro"), First::Assets);
            assert_eq!(first(&patterns, "/index.html"), First::Matching);
            assert!(!RunWorkerFirst::patterns(&patterns).unwrap().runs_first("/api/docs/intro"));
        }
    }

    #[test]
    fn a_star_stands_for_any_text_and_nothing_else_is_special() {
        for (pattern, matching, other) in [
            ("/", vec!["/"], vec!["/foo", ""]),
            ("/foo", vec!["/foo"], vec!["/", "/foo/", "/foo/bar", "/foobar", "/baz/foo"]),
            ("/:name", vec!["/:name"], vec!["/foo"]),
            ("/foo*", vec!["/foo", "/foo/", "/foo/bar", "/foobar"], vec!["/", "/baz/foo"]),
            ("/*.html", vec!["/foo.html", "/foo/bar.html", "/.html"], vec!["/", "/foo", "/foohtml"]),
            ("/*/edit", vec!["/a/edit", "/a/b/edit", "//edit"], vec!["/edit", "/a/edit/"]),
            ("/a*b*c", vec!["/abc", "/a--b--c", "/abbcc"], vec!["/ac", "/acb", "/abcd"]),
            ("/a*a", vec!["/aa", "/aba"], vec!["/a"]),
            ("/a**", vec!["/a", "/ab"], vec!["/"]),
            ("/*", vec!["/", "/a/b"], vec![""]),
            ("/a.c", vec!["/a.c"], vec!["/abc"]),
        ] {
            for path in matching {
                assert_eq!(first(&[pattern], path), First::Worker, "{pattern} {path}");
            }
            for path in other {
                assert_eq!(first(&[pattern], path), First::Matching, "{pattern} {path}");
            }
        }
    }

    #[test]
    fn a_pattern_made_to_be_tried_again_and_again_is_not() {
        let pattern = format!("/{}b", "*a".repeat(48));
        assert_eq!(first(&[&pattern], &format!("/{}", "a".repeat(200_000))), First::Matching);
    }

    #[test]
    fn limits_hold_at_the_bound_and_not_one_past_it() {
        let texts: Vec<String> = (0..=PATTERNS_MAX).map(|index| format!("/rule/{index}/")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        assert!(RunWorkerFirst::patterns(&texts[1..]).is_ok());
        assert!(error(&texts).contains("101 patterns"));
        let long = format!("/{}", "é".repeat(PATTERN_CHARS_MAX));
        let longest: String = long.chars().take(PATTERN_CHARS_MAX).collect();
        assert!(RunWorkerFirst::patterns(&[&longest]).is_ok());
        assert!(error(&[&long]).contains("more than 100 characters"));
        assert!(error(&["/a", &format!("!{longest}")]).contains("more than 100 characters"));
    }

    #[test]
    fn a_list_that_means_nothing_is_refused_by_name() {
        for (patterns, part) in [
            (vec![], "without a pattern"),
            (vec!["!/a"], "negative patterns only"),
            (vec!["api/*"], "`api/*`"),
            (vec!["/a", "!asset"], "`!asset`"),
            (vec!["/a", "!!/b"], "`!!/b`"),
            (vec![""], "``"),
            (vec!["*"], "`*`"),
            (vec!["/a", "/b", "/a"], "`/a` twice"),
            (vec!["/a", "!/b", "!/b"], "`!/b` twice"),
            (vec!["/api/x", "/api/*"], "`/api/x`, which `/api/*` covers"),
            (vec!["/a", "!/api/*", "!/api/x"], "`!/api/x`, which `!/api/*` covers"),
        ] {
            let error = error(&patterns);
            assert!(error.contains(part), "{patterns:?}: {error}");
        }
        assert!(RunWorkerFirst::patterns(&["/api/*", "!/api/x"]).is_ok());
    }
}
