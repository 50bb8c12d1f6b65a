//! `_redirects`: a source, a destination and perhaps a status on each line.

use std::collections::HashMap;

use http::StatusCode;
use url::Url;

use super::{
    Parsed, Problem, Warnings,
    lines::{self, Bounds},
    pattern::Pattern,
    source::{Source, host_name},
    words::Template,
};
use crate::assets::resolve::HtmlHandling;

/// Redirects for one path each.
pub(super) const STATIC_MAX: usize = 2_000;
/// Redirects with a splat or a placeholder, and all that stand after the first of them.
pub(super) const DYNAMIC_MAX: usize = 100;
/// Bytes of a location with its values put in. It bounds what one request can make of a short rule.
const LOCATION_BYTES_MAX: usize = 32 << 10;

const BOUNDS: Bounds = Bounds { file_bytes_max: 4 << 20, line_chars_max: 1_000 };

const _: () = assert!(STATIC_MAX + DYNAMIC_MAX < lines::LINES_MAX, "every rule that is allowed is looked at");

/// A site's redirects.
#[derive(Debug, Clone, Default)]
pub struct Redirects {
    /// By [`Source::key`].
    fixed: HashMap<String, Static>,
    dynamic: Vec<Dynamic>,
}

/// Where a request is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// A path of this host that begins with a single slash, or a URL of `https`; plain ASCII, with query and fragment as the
    /// file has them.
    pub location: String,
    /// 301, 302, 303, 307 or 308; or 200 if the asset at [`Self::rewritten_path`] is to be served in place of the request's.
    pub status: StatusCode,
}

impl Redirect {
    /// The location for a request with this query (without its question mark), which goes along unless the destination has one
    /// of its own.
    #[must_use]
    pub fn location_with(&self, query: Option<&str>) -> String {
        let (target, fragment) = self
            .location
            .split_once('#')
            .map_or((self.location.as_str(), None), |(target, rest)| (target, Some(rest)));
        let mut location = target.to_owned();
        if let Some(query) = query.filter(|query| !query.is_empty() && !target.contains('?')) {
            location.push('?');
            location.push_str(query);
        }
        if let Some(fragment) = fragment {
            location.push('#');
            location.push_str(fragment);
        }
        location
    }

    /// The URL's path to serve in place of the request's, if this is a rewrite. Redirects do not apply to it again.
    #[must_use]
    pub fn rewritten_path(&self) -> Option<&str> {
        let end = self.location.find(['?', '#']).unwrap_or(self.location.len());
        self.location.get(..end).filter(|_| self.status == StatusCode::OK)
    }
}

#[derive(Debug, Clone)]
struct Static {
    line: usize,
    redirect: Redirect,
}

#[derive(Debug, Clone)]
struct Dynamic {
    key: String,
    pattern: Pattern,
    target: Target,
    template: Template,
    status: StatusCode,
}

impl Redirects {
    /// Reads the file. Whether a redirect to `/index` leads in a circle depends on how HTML is handled.
    #[must_use]
    pub fn parse(text: &str, html: HtmlHandling) -> Parsed<Self> {
        let mut rules = Self::default();
        let mut warnings = Warnings::default();
        for line in lines::lines(text, BOUNDS) {
            let Err(problem) = line.text.and_then(|text| rules.add(line.number, text, html)) else {
                continue;
            };
            warnings.push(line.number, problem);
            if problem.ends_the_file() {
                break;
            }
        }
        Parsed { rules, warnings: warnings.finish() }
    }

    /// Where a request is to go. `host` is the request's, with or without a port; `path` is its URL's, as its parser left it, and
    /// without the query. Redirects without splats and placeholders come first, as long as they stand before the others.
    #[must_use]
    pub fn find(&self, host: &str, path: &str) -> Option<Redirect> {
        // Keys are unambiguous only if each part is what it claims to be.
        if !path.starts_with('/') || host.contains('/') {
            return None;
        }
        let host = host_name(host);
        let here = self.fixed.get(path);
        let at_host = self.fixed.get(&format!("{host}{path}"));
        if let Some(rule) = here.into_iter().chain(at_host).min_by_key(|rule| rule.line) {
            return Some(rule.redirect.clone());
        }
        // The first that matches decides, even if its location comes to nothing with this path.
        let (rule, values) =
            self.dynamic.iter().find_map(|rule| Some((rule, rule.pattern.values(&host, path)?)))?;
        let location = rule.target.location(&rule.template.fill(&values, LOCATION_BYTES_MAX)?)?;
        Some(Redirect { location, status: rule.status })
    }

    fn add(&mut self, line: usize, text: &str, html: HtmlHandling) -> Result<(), Problem> {
        // A `#` at the beginning of a word is a comment, within a word it is a fragment.
        let mut words = text.split_whitespace().take_while(|word| !word.starts_with('#'));
        let (Some(source), Some(destination), status, None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Problem::Words);
        };
        let source = Source::parse(source)?;
        let status = status.map_or(Ok(StatusCode::FOUND), status_of)?;
        let target = Target::of(destination)?;
        if target == Target::Elsewhere && status == StatusCode::OK {
            return Err(Problem::RewriteAway);
        }
        if target == Target::Here && leads_in_a_circle(&source.path, destination, html) {
            return Err(Problem::Circle);
        }
        // What stands after a dynamic redirect keeps its place behind it, so the topmost line wins.
        if source.is_static() && self.dynamic.is_empty() {
            self.add_static(
                source,
                Static { line, redirect: Redirect { location: target.fixed(destination)?, status } },
            )
        } else {
            self.add_dynamic(source, destination, target, status)
        }
    }

    fn add_static(&mut self, source: Source, rule: Static) -> Result<(), Problem> {
        let key = source.key();
        if self.fixed.contains_key(&key) {
            return Err(Problem::Twice);
        }
        if self.fixed.len() >= STATIC_MAX {
            return Err(Problem::TooManyStatic { max: STATIC_MAX });
        }
        self.fixed.insert(key, rule);
        Ok(())
    }

    fn add_dynamic(
        &mut self,
        source: Source,
        destination: &str,
        target: Target,
        status: StatusCode,
    ) -> Result<(), Problem> {
        let pattern = Pattern::new(&source)?;
        // In normal form where it has one already: dots lead up from what the file says, and from no value. With a placeholder
        // for its host it has none before there is a value.
        let normal = target.location(destination);
        let template = Template::new(normal.as_deref().unwrap_or(destination), pattern.names());
        target.check(&template, pattern.names().len())?;
        let key = source.key();
        if self.fixed.contains_key(&key) || self.dynamic.iter().any(|rule| rule.key == key) {
            return Err(Problem::Twice);
        }
        if self.dynamic.len() >= DYNAMIC_MAX {
            return Err(Problem::TooManyDynamic { max: DYNAMIC_MAX });
        }
        self.dynamic.push(Dynamic { key, pattern, target, template, status });
        Ok(())
    }
}

fn status_of(word: &str) -> Result<StatusCode, Problem> {
    let status = word.parse().ok().and_then(|status: u16| StatusCode::from_u16(status).ok());
    status
        .filter(|status| matches!(status.as_u16(), 200 | 301 | 302 | 303 | 307 | 308))
        .ok_or(Problem::Status)
}

/// HTML handling takes `/index` off a path, and the result matches the source again. Cloudflare's own rule, which is wider
/// than what it is for, but then a file means the same here as there.
fn leads_in_a_circle(source: &str, destination: &str, html: HtmlHandling) -> bool {
    let to_index = destination.ends_with("/index") || destination.ends_with("/index.html");
    to_index && (source.ends_with("/*") || source.ends_with('/') && html != HtmlHandling::None)
}

/// Whether a destination is on this site. It is settled before values are put in, and no value changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// A path.
    Here,
    /// A URL.
    Elsewhere,
}

impl Target {
    fn of(destination: &str) -> Result<Self, Problem> {
        if destination.starts_with('/') {
            Ok(Self::Here)
        } else if destination.starts_with("https://") {
            Ok(Self::Elsewhere)
        } else {
            Err(Problem::Destination)
        }
    }

    /// The location of a destination that has no places for values.
    fn fixed(self, destination: &str) -> Result<String, Problem> {
        self.location(destination).ok_or(Problem::Destination)
    }

    /// Whether a destination can come to a location. A placeholder may stand for a port as well as for a name.
    fn check(self, template: &Template, values: usize) -> Result<(), Problem> {
        let comes_to_one = |value| {
            let filled = template.fill(&vec![value; values], LOCATION_BYTES_MAX);
            filled.is_some_and(|filled| self.location(&filled).is_some())
        };
        if comes_to_one("x") || comes_to_one("1") { Ok(()) } else { Err(Problem::Destination) }
    }

    /// The location in normal form, whatever has been put in: encoded, without dots that lead up, and if it is a path, with
    /// single slashes, since `//host/` leads to another host. Encoded it can be longer, and no longer a location.
    fn location(self, destination: &str) -> Option<String> {
        self.normal(destination).filter(|location| location.len() <= LOCATION_BYTES_MAX)
    }

    fn normal(self, destination: &str) -> Option<String> {
        match self {
            Self::Elsewhere => Some(Url::parse(destination).ok()?.into()),
            Self::Here => {
                let url = Url::parse(&format!("https://host{destination}")).ok()?;
                let mut location = String::with_capacity(destination.len());
                for segment in url.path().split('/').filter(|segment| !segment.is_empty()) {
                    location.push('/');
                    location.push_str(segment);
                }
                if url.path().ends_with('/') {
                    location.push('/');
                }
                let parts = [url.query().map(|text| ('?', text)), url.fragment().map(|text| ('#', text))];
                for (mark, text) in parts.into_iter().flatten().filter(|(_, text)| !text.is_empty()) {
                    location.push(mark);
                    location.push_str(text);
                }
                Some(location)
            }
        }
    }
}

#[cfg(test)]
mod tests;
