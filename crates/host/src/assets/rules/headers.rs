//! `_headers`: a path on a line, and below it the headers of the responses to it.

use std::{collections::HashMap, iter};

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{
    Parsed, Problem, Warnings,
    lines::{self, Bounds},
    pattern::Pattern,
    source::{Source, host_name},
    words::Template,
};

/// Paths with headers.
pub(super) const RULES_MAX: usize = 100;
/// Bytes that a request's own words may add to the headers of its response. A value that would take more is left out; values
/// without placeholders never are, so that no long URL takes a security header away.
const FILLED_BYTES_MAX: usize = 32 << 10;

/// Past the bytes no client would take all the headers, and every request for `/*` would have to carry them.
const BOUNDS: Bounds = Bounds { file_bytes_max: 1 << 20, line_chars_max: 2_000 };

/// Headers that say how a message is sent over a connection. A file that could set them could make one response look like two.
const FRAMING: [HeaderName; 8] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// What a site's files add to and take from the headers of its assets.
#[derive(Debug, Clone, Default)]
pub struct Headers(Vec<Rule>);

/// A change to a response's headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderOp {
    /// It has this value, whatever it was.
    Set {
        /// Its name.
        name: HeaderName,
        /// Its value.
        value: HeaderValue,
    },
    /// It has this value in a line of its own, too.
    Append {
        /// Its name.
        name: HeaderName,
        /// The further value.
        value: HeaderValue,
    },
    /// It is not there.
    Remove {
        /// Its name.
        name: HeaderName,
    },
}

impl HeaderOp {
    /// Makes the change. A map that is full takes no more; it is far longer than what any client reads.
    pub fn apply(self, headers: &mut HeaderMap) {
        match self {
            Self::Set { name, value } => drop(headers.try_insert(name, value)),
            Self::Append { name, value } => drop(headers.try_append(name, value)),
            Self::Remove { name } => drop(headers.remove(name)),
        }
    }
}

impl Headers {
    /// Reads the file.
    #[must_use]
    pub fn parse(text: &str) -> Parsed<Self> {
        let mut reader = Reader { rules: Vec::new(), block: Block::Outside, warnings: Warnings::default() };
        for line in lines::lines(text, BOUNDS) {
            let Err(problem) = line.text.and_then(|text| reader.read(line.number, text)) else { continue };
            reader.warnings.push(line.number, problem);
            if problem.ends_the_file() {
                break;
            }
        }
        reader.close();
        Parsed { rules: Self(reader.rules), warnings: reader.warnings.finish() }
    }

    /// What changes for a request, in order. `host` is the request's, with or without a port; `path` is its URL's, as its parser
    /// left it, and without the query.
    ///
    /// Every rule that matches counts. Within one, what it takes away goes first. The first value of a name replaces what the
    /// response had, and later ones follow it after a comma. Only a further cookie is appended, since a comma would make one
    /// cookie of two.
    #[must_use]
    pub fn of(&self, host: &str, path: &str) -> Vec<HeaderOp> {
        let host = host_name(host);
        let mut drafts = Vec::new();
        let mut set = HashMap::new();
        let mut budget_bytes = FILLED_BYTES_MAX;
        for rule in &self.0 {
            let Some(values) = rule.pattern.values(&host, path) else { continue };
            for name in &rule.removed {
                set.remove(name);
                drafts.push(Draft { name, values: Vec::new() });
            }
            for (name, value) in &rule.set {
                let Some(value) = value.fill(&values, &mut budget_bytes) else { continue };
                let index = *set.entry(name).or_insert(drafts.len());
                match drafts.get_mut(index) {
                    Some(draft) => draft.values.push(value),
                    None => drafts.push(Draft { name, values: vec![value] }),
                }
            }
        }
        drafts.into_iter().flat_map(Draft::finish).collect()
    }
}

/// All values of a name in one place, so that they are put together once, however many there are; none to take it away.
struct Draft<'r> {
    name: &'r HeaderName,
    values: Vec<HeaderValue>,
}

impl Draft<'_> {
    fn finish(self) -> Vec<HeaderOp> {
        let name = || self.name.clone();
        let (first, further) = match self.values.split_first() {
            None => return vec![HeaderOp::Remove { name: name() }],
            Some((first, further)) => (first.clone(), further),
        };
        if *self.name == header::SET_COOKIE {
            let append = |value: &HeaderValue| HeaderOp::Append { name: name(), value: value.clone() };
            let set = HeaderOp::Set { name: name(), value: first };
            return iter::once(set).chain(further.iter().map(append)).collect();
        }
        let value = if further.is_empty() {
            first
        } else {
            let joined = self.values.iter().map(HeaderValue::as_bytes).collect::<Vec<_>>().join(&b", "[..]);
            // Never wrong: values have no control characters, and a comma adds none.
            HeaderValue::try_from(joined).unwrap_or(first)
        };
        vec![HeaderOp::Set { name: name(), value }]
    }
}

#[derive(Debug, Clone)]
struct Rule {
    pattern: Pattern,
    removed: Vec<HeaderName>,
    set: Vec<(HeaderName, Value)>,
}

#[derive(Debug, Clone)]
enum Value {
    /// It has no placeholders.
    Fixed(HeaderValue),
    Filled(Template),
}

impl Value {
    fn fill(&self, values: &[&str], budget_bytes: &mut usize) -> Option<HeaderValue> {
        match self {
            Self::Fixed(value) => Some(value.clone()),
            Self::Filled(template) => {
                let filled = template.fill(values, *budget_bytes)?;
                *budget_bytes = budget_bytes.saturating_sub(filled.len());
                // A path that no URL's parser has seen may have anything in it.
                HeaderValue::from_bytes(filled.trim().as_bytes()).ok()
            }
        }
    }
}

impl Rule {
    fn add(&mut self, text: &str) -> Result<(), Problem> {
        let Some((name, value)) = text.split_once(':') else {
            let name = text.strip_prefix("! ").ok_or(Problem::NotAHeader)?;
            self.removed.push(name_of(name)?);
            return Ok(());
        };
        let name = name_of(name)?;
        let value = value.trim();
        if value.is_empty() {
            return Err(Problem::NoValue);
        }
        let fixed = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| Problem::HeaderValue)?;
        let template = Template::new(value, self.pattern.names());
        let value = if template.has_values() { Value::Filled(template) } else { Value::Fixed(fixed) };
        self.set.push((name, value));
        Ok(())
    }
}

fn name_of(text: &str) -> Result<HeaderName, Problem> {
    let name = HeaderName::try_from(text.trim()).map_err(|_| Problem::HeaderName)?;
    if FRAMING.contains(&name) { Err(Problem::Framing) } else { Ok(name) }
}

struct Reader {
    rules: Vec<Rule>,
    block: Block,
    warnings: Warnings,
}

/// What headers belong to.
enum Block {
    /// There was no path so far.
    Outside,
    /// The path could not be read, which has been said once; its headers are not worth a warning each.
    Skipped,
    Open {
        line: usize,
        rule: Box<Rule>,
    },
}

impl Reader {
    fn read(&mut self, line: usize, text: &str) -> Result<(), Problem> {
        if is_path(text) {
            self.close();
            if self.rules.len() >= RULES_MAX {
                return Err(Problem::TooManyRules { max: RULES_MAX });
            }
            let pattern = Pattern::new(&Source::parse(text)?)?;
            let rule = Rule { pattern, removed: Vec::new(), set: Vec::new() };
            self.block = Block::Open { line, rule: Box::new(rule) };
            return Ok(());
        }
        match &mut self.block {
            Block::Outside => Err(Problem::NoPath),
            Block::Skipped => Ok(()),
            Block::Open { rule, .. } => rule.add(text),
        }
    }

    /// Ends the block; what follows is skipped until another is opened.
    fn close(&mut self) {
        match std::mem::replace(&mut self.block, Block::Skipped) {
            Block::Open { line, rule } if rule.removed.is_empty() && rule.set.is_empty() => {
                self.warnings.push(line, Problem::NoHeader);
            }
            Block::Open { rule, .. } => self.rules.push(*rule),
            Block::Outside | Block::Skipped => {}
        }
    }
}

/// Whether a line is meant to be a path: also one with another protocol, so that it is named as the fault and not its headers. A
/// header whose value is a URL has a colon before that of the protocol.
fn is_path(text: &str) -> bool {
    let protocol = text.split_once("://").map(|(protocol, _)| protocol);
    text.starts_with('/')
        || protocol.is_some_and(|protocol| {
            !protocol.is_empty() && !protocol.contains(|c: char| c == ':' || c.is_whitespace())
        })
}

#[cfg(test)]
mod tests;
