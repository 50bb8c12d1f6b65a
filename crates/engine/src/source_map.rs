//! Stacks that point at what the tenant wrote, not at what the bundler made of it.

use std::{
    fmt::Write as _,
    sync::{Arc, OnceLock},
};

use crate::program::Program;

/// The source maps of one program; kept in the isolate that runs it.
#[derive(Clone, Debug)]
pub struct SourceMaps(Arc<Program>);

impl SourceMaps {
    /// The maps of `program`. They are parsed when the first stack needs them.
    #[must_use]
    pub fn new(program: Arc<Program>) -> Self {
        Self(program)
    }

    /// Replaces each `module:line:column` of a module with a map by the place it came from.
    #[must_use]
    pub fn remap(&self, text: &str) -> String {
        if !self.0.modules().iter().any(|module| module.source_map.is_some()) {
            return text.to_owned();
        }
        text.split_inclusive('\n').map(|line| self.remap_line(line)).collect()
    }

    fn remap_line(&self, line: &str) -> String {
        for module in self.0.modules() {
            let Some(map) = &module.source_map else { continue };
            let Some(at) = find_place(line, &module.name) else { continue };
            let Some((source, source_line, source_column)) = map.lookup(at.line, at.column) else { continue };
            let (Some(before), Some(after)) = (line.get(..at.start), line.get(at.end..)) else { continue };
            let mut mapped = String::with_capacity(line.len() + source.len());
            mapped.push_str(before);
            // A `String` takes every write.
            let _ = write!(mapped, "{source}:{source_line}:{source_column}");
            mapped.push_str(after);
            return mapped;
        }
        line.to_owned()
    }
}

/// Where `name:line:column` stands in a line of a stack.
struct Place {
    start: usize,
    end: usize,
    line: u32,
    column: u32,
}

fn find_place(text: &str, name: &str) -> Option<Place> {
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find(name) {
        let start = from + found;
        let rest = text.get(start + name.len()..)?;
        let boundary =
            text.get(..start)?.chars().next_back().is_none_or(|c| c == '(' || c == ' ' || c == '/');
        if boundary && let Some((line, column, length)) = line_and_column(rest) {
            return Some(Place { start, end: start + name.len() + length, line, column });
        }
        from = start + name.len().max(1);
    }
    None
}

/// Reads `:12:34` at the start of `text`; also gives its length.
fn line_and_column(text: &str) -> Option<(u32, u32, usize)> {
    let (line, rest) = number(text.strip_prefix(':')?)?;
    let (column, rest) = number(rest.strip_prefix(':')?)?;
    Some((line, column, text.len() - rest.len()))
}

fn number(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    Some((text.get(..digits)?.parse().ok()?, text.get(digits..)?))
}

/// One module's map, parsed on first use.
#[derive(Debug)]
pub struct SourceMap {
    json: bytes::Bytes,
    parsed: OnceLock<Option<oxc_sourcemap::SourceMap<'static>>>,
}

impl SourceMap {
    /// A map in its JSON form (<https://tc39.es/ecma426/>).
    #[must_use]
    pub fn new(json: bytes::Bytes) -> Self {
        Self { json, parsed: OnceLock::new() }
    }

    /// The source, line and column (both from 1) behind a line and column (both from 1); `None` if the map does not say.
    fn lookup(&self, line: u32, column: u32) -> Option<(String, u32, u32)> {
        let map = self
            .parsed
            .get_or_init(|| {
                let json = String::from_utf8(self.json.to_vec()).ok()?;
                oxc_sourcemap::SourceMap::from_json_string(&json)
                    .ok()
                    .map(oxc_sourcemap::SourceMap::into_owned)
            })
            .as_ref()?;
        let table = map.generate_lookup_table();
        let token = map.lookup_token(&table, line.checked_sub(1)?, column.checked_sub(1)?)?;
        let source = map.get_source(token.get_source_id()?)?;
        Some((source.to_string(), token.get_src_line() + 1, token.get_src_col() + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_in_a_stack_line() {
        let place = find_place("    at fetch (index.js:12:34)", "index.js").expect("it is there");
        assert_eq!((place.line, place.column), (12, 34));
        assert_eq!(&"    at fetch (index.js:12:34)"[place.start..place.end], "index.js:12:34");
    }

    #[test]
    fn a_name_that_only_ends_like_the_module_is_no_place() {
        assert!(find_place("    at fetch (myindex.js:12:34)", "index.js").is_none());
        assert!(find_place("index.js: broken", "index.js").is_none());
    }
}
