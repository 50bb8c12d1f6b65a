//! Stacks that point at what the tenant wrote, not at what the bundler made of it.
//!
//! Maps and stacks are the tenant's: what is kept of a program's maps, and what one text may have looked up, has an end.

use std::{
    borrow::Cow,
    fmt::Write as _,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::program::Program;

/// The most segments that are kept of all the maps of a program: of some 10 MB of minified code.
const SEGMENTS_MAX: usize = 2 << 20;
/// The most bytes of the list of a map's sources, as JSON.
const SOURCES_BYTES_MAX: usize = 4 << 20;
/// The most places that are looked up for one text. A stack has some ten.
const LOOKUPS_MAX: usize = 256;

/// The source maps of one program; kept in the isolate that runs it.
#[derive(Clone, Debug)]
pub struct SourceMaps(Arc<Program>);

impl SourceMaps {
    /// The maps of `program`. They are parsed when the first stack needs them.
    #[must_use]
    pub fn new(program: Arc<Program>) -> Self {
        Self(program)
    }

    /// Replaces the first `module:line:column` of each line that is of a module with a map by the place it came from.
    #[must_use]
    pub fn remap(&self, text: &str) -> String {
        if !self.0.modules().iter().any(|module| module.source_map.is_some()) {
            return text.to_owned();
        }
        let mut lookups = 0..LOOKUPS_MAX;
        text.split_inclusive('\n').map(|line| self.remap_line(line, &mut lookups)).collect()
    }

    fn remap_line<'a>(&self, line: &'a str, lookups: &mut impl Iterator<Item = usize>) -> Cow<'a, str> {
        // The place first: without one, no lookup is spent.
        for (place, _) in places(line).zip(lookups.by_ref()) {
            let Some((before, source, line, column)) = self.lookup(&place) else { continue };
            // A `String` takes every write.
            let mut mapped = before.to_owned();
            let _ = write!(mapped, "{source}:{line}:{column}{}", place.after);
            return mapped.into();
        }
        line.into()
    }

    /// What stands before the module's name, and the place behind this one.
    fn lookup<'a>(&self, place: &Place<'a>) -> Option<(&'a str, &str, u32, u32)> {
        let named = self.0.modules().iter().filter_map(|module| {
            let map = module.source_map.as_ref()?;
            let before = place.before.strip_suffix(module.name.as_str())?;
            let is_whole = before.is_empty() || before.ends_with(['(', ' ', '/']);
            is_whole.then_some((before, map))
        });
        // The longest name: a folder's name is a part of it.
        let (before, map) = named.min_by_key(|(before, _)| before.len())?;
        let (source, line, column) = map.lookup(&self.0.map_room, place.line, place.column)?;
        Some((before, source, line, column))
    }
}

/// Where `:line:column` stands in a line of a stack.
struct Place<'a> {
    before: &'a str,
    line: u32,
    column: u32,
    after: &'a str,
}

fn places(text: &str) -> impl Iterator<Item = Place<'_>> {
    text.match_indices(':').filter_map(|(at, _)| {
        let (before, rest) = text.split_at_checked(at)?;
        let (line, rest) = number(rest.strip_prefix(':')?)?;
        let (column, after) = number(rest.strip_prefix(':')?)?;
        Some(Place { before, line, column, after })
    })
}

fn number(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    Some((text.get(..digits)?.parse().ok()?, text.get(digits..)?))
}

/// Room for the segments of a program's maps: those that are kept.
#[derive(Debug, Default)]
pub(crate) struct MapRoom(AtomicUsize);

/// One module's map, parsed on first use.
#[derive(Debug)]
pub struct SourceMap {
    json: bytes::Bytes,
    /// Bytes of the module: no map has more segments.
    code_bytes: usize,
    parsed: OnceLock<Option<Parsed>>,
}

/// What is kept of a map.
#[derive(Debug)]
struct Parsed {
    sources: Vec<Option<String>>,
    /// In the order of the places that they are for.
    segments: Box<[Segment]>,
}

/// From here on, up to the next one, the code is a source's. All numbers are from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Segment {
    line: u32,
    column: u32,
    /// [`NO_SOURCE`], or an index.
    source: u32,
    source_line: u32,
    source_column: u32,
}

const NO_SOURCE: u32 = u32::MAX;

impl SourceMap {
    /// A map in its JSON form (<https://tc39.es/ecma426/>), of a module of so many bytes.
    #[must_use]
    pub fn new(json: bytes::Bytes, code_bytes: usize) -> Self {
        Self { json, code_bytes, parsed: OnceLock::new() }
    }

    /// The source, line and column (both from 1) behind a line and column (both from 1); `None` if the map does not say.
    fn lookup(&self, room: &MapRoom, line: u32, column: u32) -> Option<(&str, u32, u32)> {
        let parsed = self.parsed.get_or_init(|| parse(&self.json, self.code_bytes, room)).as_ref()?;
        let (line, column) = (line.checked_sub(1)?, column.checked_sub(1)?);
        let end = parsed.segments.partition_point(|segment| (segment.line, segment.column) <= (line, column));
        let segment = parsed.segments.get(end.checked_sub(1)?).filter(|segment| segment.line == line)?;
        let source = parsed.sources.get(segment.source as usize)?.as_deref()?;
        Some((source, segment.source_line.saturating_add(1), segment.source_column.saturating_add(1)))
    }
}

/// A map's JSON, as far as it is of use here.
#[derive(Deserialize)]
struct Json<'a> {
    version: u32,
    /// Not read before its length is known: a list of empty names takes many times as much as its text.
    #[serde(borrow)]
    sources: &'a RawValue,
    #[serde(borrow)]
    mappings: Cow<'a, str>,
}

/// `None` for what is no map, and for one that is larger than a map of such a module can be, or than there is room for.
fn parse(json: &[u8], code_bytes: usize, room: &MapRoom) -> Option<Parsed> {
    let map: Json<'_> = serde_json::from_slice(json).ok().filter(|map: &Json<'_>| map.version == 3)?;
    if map.sources.get().len() > SOURCES_BYTES_MAX {
        return None;
    }
    let kept = room.0.load(Ordering::Relaxed);
    let segments = decode(&map.mappings, SEGMENTS_MAX.saturating_sub(kept).min(code_bytes))?;
    room.0.fetch_add(segments.len(), Ordering::Relaxed);
    Some(Parsed { sources: serde_json::from_str(map.sources.get()).ok()?, segments })
}

/// Decodes a map's `mappings`; `None` if they are malformed, or have more segments than `most`.
fn decode(mappings: &str, most: usize) -> Option<Box<[Segment]>> {
    let mut segments = Vec::new();
    let (mut source, mut source_line, mut source_column) = (0_u32, 0_u32, 0_u32);
    for (line, of_line) in (0_u32..).zip(mappings.split(';')) {
        let mut column = 0_u32;
        for text in of_line.split(',').filter(|text| !text.is_empty()) {
            if segments.len() == most {
                return None;
            }
            let mut digits = text.bytes();
            column = column.checked_add_signed(vlq(&mut digits)?)?;
            if digits.len() == 0 {
                segments.push(Segment { line, column, source: NO_SOURCE, source_line: 0, source_column: 0 });
                continue;
            }
            source = source.checked_add_signed(vlq(&mut digits)?)?;
            source_line = source_line.checked_add_signed(vlq(&mut digits)?)?;
            source_column = source_column.checked_add_signed(vlq(&mut digits)?)?;
            segments.push(Segment { line, column, source, source_line, source_column });
        }
    }
    Some(segments.into_boxed_slice())
}

/// One number: base64 digits of five bits each, the lowest first, whose sixth bit says that there are more.
fn vlq(digits: &mut impl Iterator<Item = u8>) -> Option<i32> {
    let mut bits = 0_u32;
    for shift in (0..32).step_by(5) {
        let digit = match digits.next()? {
            letter @ b'A'..=b'Z' => letter - b'A',
            letter @ b'a'..=b'z' => letter - b'a' + 26,
            number @ b'0'..=b'9' => number - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits |= u32::from(digit & 31) << shift;
        if digit & 32 == 0 {
            // The lowest bit is the sign.
            let size = (bits >> 1).cast_signed();
            return Some(if bits & 1 == 0 { size } else { -size });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::program::{ModuleKind, ProgramFormat, ProgramModule};

    /// What the text becomes where `index.js` has this map, and this code.
    fn remapped(text: &str, map: &str, code: &str) -> String {
        let map = Some(Bytes::from(map.to_owned()));
        let module = |name: &str, map| {
            ProgramModule::new(name.into(), ModuleKind::EsModule, code.to_owned().into(), map)
        };
        let modules = vec![module("index.js", map), module("other.js", None)];
        SourceMaps::new(Arc::new(Program::new(modules, "index.js", ProgramFormat::Modules).unwrap()))
            .remap(text)
    }

    /// Line 1 from column 5 on is line 3 of `src/a.ts` from column 9 on; line 2 is a source's without a name, then nobody's.
    const MAP: &str = r#"{"version":3,"sources":[null,"src/a.ts"],"names":["x"],"mappings":"ICEQA;CDFR,E"}"#;
    const CODE: &str = "a module's code, which is longer";

    #[test]
    fn a_place_becomes_the_one_that_the_map_says() {
        let remapped = |text| remapped(text, MAP, CODE);
        assert_eq!(remapped("    at fetch (index.js:1:7)\n"), "    at fetch (src/a.ts:3:9)\n");
        assert_eq!(remapped("a:1:2 at lib/index.js:1:5:6"), "a:1:2 at lib/src/a.ts:3:9:6");
        for same in
            ["at index.js:1:4", "at index.js:0:0", "at index.js:9:9", "at index.js:2:2", "at index.js:2:4"]
        {
            assert_eq!(remapped(same), same);
        }
    }

    #[test]
    fn a_name_that_only_ends_like_the_module_is_no_place() {
        for same in [
            "at fetch (myindex.js:1:7)",
            "index.js: broken",
            "other.js:1:7",
            ":1:7",
            "index.js:99999999999:1",
        ] {
            assert_eq!(remapped(same, MAP, CODE), same);
        }
    }

    #[test]
    fn what_is_no_map_maps_nothing() {
        let text = "at index.js:1:7";
        let maps = ["", "{}", "[]", r#"{"version":3,"sources":["a"],"mappings":"A!"}"#];
        let odd = ["D", "AAAD", "ACA", "gggggggggA", "AA"]
            .map(|mappings| format!(r#"{{"version":3,"sources":["a"],"mappings":"{mappings}"}}"#));
        for map in maps.into_iter().chain(odd.iter().map(String::as_str)) {
            assert_eq!(remapped(text, map, CODE), text, "{map}");
        }
        let largest = r#"{"version":3,"sources":["a"],"mappings":"AA+/////DA"}"#;
        assert_eq!(remapped("at index.js:1:1", largest, CODE), "at a:2147483648:1");
    }

    #[test]
    fn a_map_that_is_too_large_for_its_module_maps_nothing() {
        let map = |mappings: String| format!(r#"{{"version":3,"sources":["a"],"mappings":"{mappings}"}}"#);
        let text = "at index.js:1:1";
        assert_eq!(remapped(text, &map("AAAA,".repeat(CODE.len())), CODE), "at a:1:1");
        assert_eq!(remapped(text, &map("AAAA,".repeat(CODE.len() + 1)), CODE), text);
        // Lines without segments take nothing.
        assert_eq!(remapped("at index.js:9000001:1", &map(";".repeat(9_000_000) + "AAAA"), CODE), "at a:1:1");
    }

    #[test]
    fn the_maps_of_a_program_have_room_for_so_many_segments() {
        let json =
            format!(r#"{{"version":3,"sources":["a"],"mappings":"{}"}}"#, "A,".repeat(SEGMENTS_MAX - 1));
        let (large, small) =
            (SourceMap::new(json.into(), usize::MAX), SourceMap::new(MAP.into(), CODE.len()));
        let room = MapRoom::default();
        assert_eq!(large.lookup(&room, 1, 1), None);
        assert_eq!(room.0.load(Ordering::Relaxed), SEGMENTS_MAX - 1);
        assert_eq!(small.lookup(&room, 1, 7), None, "it has three");
        assert!(SourceMap::new(MAP.into(), CODE.len()).lookup(&MapRoom::default(), 1, 7).is_some());
    }

    #[test]
    fn one_text_has_only_so_many_places_looked_up() {
        let mapped = remapped(&"at index.js:1:7\n".repeat(LOOKUPS_MAX + 10), MAP, CODE);
        assert_eq!(mapped.matches("src/a.ts").count(), LOOKUPS_MAX);
        assert_eq!(mapped.matches("index.js").count(), 10);
    }
}
