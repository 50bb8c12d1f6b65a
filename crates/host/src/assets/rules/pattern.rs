//! Patterns of paths and hosts, with one splat and any number of placeholders.
//!
//! What Cloudflare does with a regular expression is done here without one, and with the same result: each splat and
//! placeholder takes as much as it can, the earlier ones first. The way there is from the right: the last literal is taken as
//! far to the right as it is found, then the one before it, and so on. That leaves the most to the earlier ones, and nothing is
//! ever tried twice.

use super::{
    Problem,
    source::Source,
    words::{Token, Tokens},
};

/// The name under which a splat's text is known.
const SPLAT: &str = "splat";

/// Splats and placeholders of one pattern. Each is compared with all others, and with each name in the values.
const NAMES_MAX: usize = 64;

/// A host, if it is for one, and a path.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    host: Option<Glob>,
    path: Glob,
    names: Vec<String>,
}

impl Pattern {
    pub(super) fn new(source: &Source) -> Result<Self, Problem> {
        let mut names = Vec::new();
        // A splat of the host stays in the host, and a placeholder in its label.
        let host = source.host.as_deref().map(|host| Glob::new(host, '.', &mut names)).transpose()?;
        let path = Glob::new(&source.path, '/', &mut names)?;
        Ok(Self { host, path, names })
    }

    /// The names of its values, in their order.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The values that a host (as [`host_name`](super::source::host_name) gives it) and a path have for the names.
    pub(super) fn values<'t>(&self, host: &'t str, path: &'t str) -> Option<Vec<&'t str>> {
        let mut values = vec![""; self.names.len()];
        if let Some(own) = &self.host {
            own.read(host, &mut values)?;
        }
        self.path.read(path, &mut values)?;
        Some(values)
    }
}

/// A text in segments, with a delimiter between them that a placeholder does not match.
#[derive(Debug, Clone)]
struct Glob {
    delimiter: char,
    /// The segments up to the one with the splat.
    before: Vec<Vec<Piece>>,
    splat: Option<Splat>,
    after: Vec<Vec<Piece>>,
}

/// The segment with the splat.
#[derive(Debug, Clone)]
struct Splat {
    pieces: Vec<Piece>,
    /// Which of the pieces is the splat.
    at: usize,
    slot: usize,
}

#[derive(Debug, Clone)]
enum Piece {
    Literal(String),
    Wild(Wild),
}

/// What takes any text within a segment, and where that is kept.
#[derive(Debug, Clone, Copy)]
struct Wild {
    slot: usize,
    least: Least,
}

/// The least that a [`Wild`] takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Least {
    Nothing,
    OneCharacter,
}

impl Glob {
    fn new(text: &str, delimiter: char, names: &mut Vec<String>) -> Result<Self, Problem> {
        let mut glob = Self { delimiter, before: Vec::new(), splat: None, after: Vec::new() };
        for segment in text.split(delimiter) {
            let pieces = pieces(segment, names)?;
            let splat = pieces.iter().enumerate().find_map(|(at, piece)| match piece {
                Piece::Wild(Wild { slot, least: Least::Nothing }) => Some((at, *slot)),
                Piece::Wild(_) | Piece::Literal(_) => None,
            });
            match (splat, &glob.splat) {
                (Some((at, slot)), None) => glob.splat = Some(Splat { pieces, at, slot }),
                (None, None) => glob.before.push(pieces),
                (_, Some(_)) => glob.after.push(pieces),
            }
        }
        Ok(glob)
    }

    /// Keeps a text's values, if it matches.
    fn read<'t>(&self, text: &'t str, values: &mut [&'t str]) -> Option<()> {
        let Some(splat) = &self.splat else {
            let mut segments = text.split(self.delimiter);
            for pieces in &self.before {
                fit(pieces, segments.next()?, values)?;
            }
            return segments.next().is_none().then_some(());
        };
        let mut rest = text;
        for pieces in &self.before {
            let (segment, after) = rest.split_once(self.delimiter)?;
            fit(pieces, segment, values)?;
            rest = after;
        }
        for pieces in self.after.iter().rev() {
            let (before, segment) = rest.rsplit_once(self.delimiter)?;
            fit(pieces, segment, values)?;
            rest = before;
        }
        splat.read(rest, self.delimiter, values)
    }
}

impl Splat {
    fn read<'t>(&self, text: &'t str, delimiter: char, values: &mut [&'t str]) -> Option<()> {
        let (Some((first, _)), Some((_, last))) = (text.split_once(delimiter), text.rsplit_once(delimiter))
        else {
            return fit(&self.pieces, text, values);
        };
        // The splat goes over delimiters: what is before it is in the first segment, what is behind it in the last.
        fit(self.pieces.get(..=self.at)?, first, values)?;
        let start = first.len().checked_sub(values.get(self.slot)?.len())?;
        fit(self.pieces.get(self.at..)?, last, values)?;
        let behind = last.len().checked_sub(values.get(self.slot)?.len())?;
        keep(values, self.slot, text.get(start..text.len().checked_sub(behind)?)?);
        Some(())
    }
}

impl Wild {
    /// What is left of a text for the pieces before, if this one takes its least at the end.
    fn leaves(self, text: &str) -> Option<&str> {
        match self.least {
            Least::Nothing => Some(text),
            Least::OneCharacter => {
                let mut chars = text.chars();
                chars.next_back()?;
                Some(chars.as_str())
            }
        }
    }
}

fn pieces(segment: &str, names: &mut Vec<String>) -> Result<Vec<Piece>, Problem> {
    Tokens(segment)
        .map(|token| match token {
            Token::Text(text) => Ok(Piece::Literal(text.to_owned())),
            Token::Name(name) => {
                Ok(Piece::Wild(Wild { slot: slot(name, names)?, least: Least::OneCharacter }))
            }
            Token::Splat => {
                let slot = slot(SPLAT, names).map_err(|problem| match problem {
                    Problem::NameTwice => Problem::SplatTwice,
                    other => other,
                })?;
                Ok(Piece::Wild(Wild { slot, least: Least::Nothing }))
            }
        })
        .collect()
}

/// A place for the value of a new name.
fn slot(name: &str, names: &mut Vec<String>) -> Result<usize, Problem> {
    if names.iter().any(|own| own == name) {
        return Err(Problem::NameTwice);
    }
    if names.len() >= NAMES_MAX {
        return Err(Problem::TooManyNames { max: NAMES_MAX });
    }
    names.push(name.to_owned());
    Ok(names.len() - 1)
}

fn keep<'t>(values: &mut [&'t str], slot: usize, value: &'t str) {
    if let Some(place) = values.get_mut(slot) {
        *place = value;
    }
}

/// Lays pieces over the whole of a text, from the right.
fn fit<'t>(pieces: &[Piece], text: &'t str, values: &mut [&'t str]) -> Option<()> {
    let mut rest = text;
    // What ends where `rest` does, and begins wherever the piece before it ends.
    let mut open: Option<Wild> = None;
    for (index, piece) in pieces.iter().enumerate().rev() {
        match (piece, open.take()) {
            (Piece::Literal(literal), None) => rest = rest.strip_suffix(literal.as_str())?,
            (Piece::Literal(literal), Some(wild)) => {
                let room = wild.leaves(rest)?;
                // The first piece begins where the text does.
                let at = if index == 0 {
                    room.starts_with(literal.as_str()).then_some(0)?
                } else {
                    room.rfind(literal)?
                };
                let (before, behind) = rest.split_at_checked(at)?;
                keep(values, wild.slot, behind.strip_prefix(literal.as_str())?);
                rest = before;
            }
            (Piece::Wild(new), None) => open = Some(*new),
            (Piece::Wild(new), Some(wild)) => {
                let room = wild.leaves(rest)?;
                keep(values, wild.slot, rest.get(room.len()..)?);
                rest = room;
                open = Some(*new);
            }
        }
    }
    let Some(wild) = open else { return rest.is_empty().then_some(()) };
    wild.leaves(rest)?;
    keep(values, wild.slot, rest);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(source: &str, host: &str, path: &str) -> Option<String> {
        let pattern = Pattern::new(&Source::parse(source).unwrap()).unwrap();
        let values = pattern.values(host, path)?;
        let named: Vec<_> =
            pattern.names().iter().zip(values).map(|(name, value)| format!("{name}={value}")).collect();
        Some(named.join(" "))
    }

    #[test]
    fn splats_and_placeholders_match_what_they_say() {
        for (source, path, expected) in [
            ("/foo", "/foo", Some("")),
            ("/foo", "/foo/", None),
            ("/foo/*", "/foo/", Some("splat=")),
            ("/foo/*", "/foo", None),
            ("/foo/*", "/foo/a/b", Some("splat=a/b")),
            ("/foo*", "/foobar/baz", Some("splat=bar/baz")),
            ("/*", "/", Some("splat=")),
            ("*", "/a", Some("splat=a")),
            ("/*.jpg", "/a/b.jpg", Some("splat=a/b")),
            ("/*.jpg", "/.jpg", Some("splat=")),
            ("/*/x", "/a/b/x", Some("splat=a/b")),
            ("/*/x", "/x", None),
            ("/a/*/b", "/a/b", None),
            ("/a/*/b", "/a//b", Some("splat=")),
            ("/a/x*y/b", "/a/x1/2y/b", Some("splat=1/2")),
            ("/a/x*y/b", "/a/xy/b", Some("splat=")),
            ("/a/x*y/b", "/a/x/b", None),
            ("/a/xy*yz/b", "/a/xyz/b", None),
            ("/a/xy*yz/b", "/a/xy/yz/b", Some("splat=/")),
            ("/blog/:code/:name", "/blog/1/two", Some("code=1 name=two")),
            ("/blog/:code/:name", "/blog/1/", None),
            ("/blog/:code", "/blog/1/2", None),
            ("/page:n", "/page12", Some("n=12")),
            ("/page:n", "/page", None),
            ("/:y-:m-:d", "/2026-01-02", Some("y=2026 m=01 d=02")),
            ("/:y-:m", "/a-b-c", Some("y=a-b m=c")),
            ("/:a:b", "/xyz", Some("a=xy b=z")),
            ("/:a:b", "/x", None),
            ("/:a*", "/xyz/1", Some("a=xyz splat=/1")),
            ("/*:a", "/x/yz", Some("splat=x/y a=z")),
            ("/:a*:b", "/xyz", Some("a=xy splat= b=z")),
            ("/:a.x*:b", "/1.x.x/2.x3", Some("a=1.x splat=/2.x b=3")),
            ("/x:a", "/x:a", Some("a=:a")),
            ("/:é", "/:%C3%A9", Some("")),
        ] {
            assert_eq!(values(source, "", path).as_deref(), expected, "{source} {path}");
        }
    }

    #[test]
    fn a_host_is_matched_label_by_label_and_never_by_what_is_in_the_path() {
        for (source, host, path, expected) in [
            ("https://a.example/x", "a.example", "/x", Some("")),
            ("https://a.example/x", "b.example", "/x", None),
            ("https://a.example/x", "", "/x", None),
            ("https://:sub.pages.:tld/*", "my.pages.dev", "/a/b", Some("sub=my tld=dev splat=a/b")),
            ("https://:sub.pages.:tld/*", "next.my.pages.dev", "/a", None),
            ("https://next.:sub.pages.:tld/", "next.my.pages.dev", "/", Some("sub=my tld=dev")),
            ("https://*.pages.dev/", "a.b.pages.dev", "/", Some("splat=a.b")),
            ("https://*.pages.dev/", "pages.dev", "/", None),
            ("https://*.pages.dev/", "evil.example", "/.pages.dev/", None),
            ("https://*/x", "a.example", "/x", Some("splat=a.example")),
            ("/x", "a.example", "/x", Some("")),
        ] {
            assert_eq!(values(source, host, path).as_deref(), expected, "{source} {host} {path}");
        }
    }

    #[test]
    fn a_name_stands_once_and_so_does_a_splat() {
        let problem = |source: &str| Pattern::new(&Source::parse(source).unwrap()).err();
        assert_eq!(problem("/*/*"), Some(Problem::SplatTwice));
        assert_eq!(problem("/**"), Some(Problem::SplatTwice));
        assert_eq!(problem("https://*.a.example/*"), Some(Problem::SplatTwice));
        assert_eq!(problem("/:a/:a"), Some(Problem::NameTwice));
        assert_eq!(problem("https://:a.example/:a"), Some(Problem::NameTwice));
        assert_eq!(problem("/*/:splat"), Some(Problem::NameTwice));
        assert_eq!(problem("/:splat/*"), Some(Problem::SplatTwice));
        assert_eq!(problem("/:splat"), None);
        let names = |count: usize| (0..count).map(|index| format!("/:n{index}")).collect::<String>();
        assert_eq!(problem(&names(NAMES_MAX)), None);
        assert_eq!(problem(&names(NAMES_MAX + 1)), Some(Problem::TooManyNames { max: NAMES_MAX }));
    }

    /// What a regular expression does, by trying all that there is.
    fn tried(tokens: &[Token<'_>], text: &str) -> Option<Vec<String>> {
        let Some((token, rest)) = tokens.split_first() else { return text.is_empty().then(Vec::new) };
        let (least, most) = match token {
            Token::Text(literal) => return tried(rest, text.strip_prefix(literal)?),
            Token::Name(_) => (1, text.find('/').unwrap_or(text.len())),
            Token::Splat => (0, text.len()),
        };
        (least..=most).rev().find_map(|end| {
            let (value, behind) = text.split_at(end);
            let mut values = vec![value.to_owned()];
            values.extend(tried(rest, behind)?);
            Some(values)
        })
    }

    #[test]
    fn values_are_those_of_a_regular_expression() {
        let mut seed = 3_u64;
        let mut next = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap() % below
        };
        let mut matched = 0;
        for _ in 0..60_000 {
            let (mut source, mut path) = ("/".to_owned(), "/".to_owned());
            for name in [":a", ":b", ":c", "*"] {
                let around = [["", "x", "y", "/", "xy", "x/"][next(6)], ["", "-", "x", "/", "-x"][next(5)]];
                let name = if next(3) > 0 { name } else { "" };
                source.extend([around[0], name, around[1]]);
                // What may match, and what just may not.
                let value: String = (0..next(4))
                    .map(|_| ['x', 'y', '-', '/'][next(if name == "*" { 4 } else { 3 })])
                    .collect();
                path.extend([
                    around[0],
                    if name.is_empty() { "" } else { &value },
                    around[next(12) / 11 * next(2)],
                ]);
            }
            let expected = tried(&Tokens(&source).collect::<Vec<_>>(), &path);
            let glob = Pattern {
                host: None,
                path: Glob::new(&source, '/', &mut Vec::new()).unwrap(),
                names: vec![String::new(); 4],
            };
            let values = glob.values("", &path);
            let slots = Tokens(&source).filter(|token| !matches!(token, Token::Text(_))).count();
            let values: Option<Vec<_>> =
                values.map(|values| values.into_iter().take(slots).map(str::to_owned).collect());
            assert_eq!(values, expected, "{source} {path}");
            matched += usize::from(expected.is_some());
        }
        assert!(matched > 1_000, "{matched}");
    }

    #[test]
    fn a_pattern_made_to_be_tried_again_and_again_is_not() {
        let names: String = (1..NAMES_MAX).map(|index| format!(":n{index}-")).collect();
        let path = format!("/{}", "-".repeat(120 << 10));
        assert_eq!(values(&format!("/{names}x"), "", &path), None);
        assert_eq!(values(&format!("/*{names}x"), "", &path), None);
        assert!(values(&format!("/*{names}"), "", &path).is_some());
    }
}
