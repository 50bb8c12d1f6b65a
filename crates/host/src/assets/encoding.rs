//! In which content coding a client takes an asset (RFC 9110, section 12.5.3), and which assets gain by one.
//!
//! The asset as it is, is always a right answer: what makes no sense in a header is as good as not said, and a client that
//! takes neither a coding nor the asset as it is gets the latter, as the section allows.

use http::{HeaderMap, header};

/// A content coding that assets are sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Coding {
    /// Brotli (RFC 7932).
    Brotli,
    /// Zstandard (RFC 8878).
    Zstd,
    /// Gzip (RFC 1952).
    Gzip,
}

impl Coding {
    /// All of them. What comes first is chosen if a client likes several as much.
    pub const ALL: [Self; 3] = [Self::Brotli, Self::Zstd, Self::Gzip];

    /// Its name in `Content-Encoding`.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }

    /// The entity tag of an asset in this coding. It is a strong one: the same bytes are sent each time, and others than
    /// without the coding.
    #[must_use]
    pub fn etag(self, hash: &str) -> String {
        format!("\"{hash}-{}\"", self.token())
    }

    fn is_called(self, name: &str) -> bool {
        // Section 8.4.1.3: an old name of the same thing.
        name.eq_ignore_ascii_case(self.token()) || self == Self::Gzip && name.eq_ignore_ascii_case("x-gzip")
    }
}

/// What a client takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The codings, with the weights that they have for the client; the one to send comes first.
    codings: Vec<(Coding, Weight)>,
    /// The least weight that makes a coding better than the asset as it is.
    enough: Weight,
}

impl Accepted {
    /// What these headers of a request say. Without `Accept-Encoding` it is nothing but the asset as it is: a client that knows
    /// codings says so.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut said = Said::default();
        for line in headers.get_all(header::ACCEPT_ENCODING) {
            line.as_bytes().split(|byte| *byte == b',').for_each(|element| said.read(element));
        }
        let weight = |index: usize| said.codings.get(index).copied().flatten().or(said.others);
        let mut codings: Vec<_> = Coding::ALL
            .into_iter()
            .enumerate()
            .filter_map(|(index, coding)| Some((coding, weight(index)?)))
            .filter(|(_, weight)| *weight > REFUSED)
            .collect();
        codings.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
        Self { codings, enough: said.identity.unwrap_or(REFUSED) }
    }

    /// The coding that the client likes best; `None` if it likes the asset as it is better, or knows none.
    #[must_use]
    pub fn best(&self) -> Option<Coding> {
        self.codings.first().filter(|(_, weight)| *weight >= self.enough).map(|(coding, _)| *coding)
    }

    /// All codings that the client understands.
    pub fn codings(&self) -> impl Iterator<Item = Coding> {
        self.codings.iter().map(|(coding, _)| *coding)
    }
}

/// In thousandths.
type Weight = u16;
const REFUSED: Weight = 0;
const FULL: Weight = 1_000;

/// The weights of a header; `None` where nothing was said.
#[derive(Default)]
struct Said {
    /// In the order of `Coding::ALL`.
    codings: [Option<Weight>; Coding::ALL.len()],
    identity: Option<Weight>,
    /// Of all codings that are not named.
    others: Option<Weight>,
}

impl Said {
    fn read(&mut self, element: &[u8]) {
        let Ok(element) = std::str::from_utf8(element) else { return };
        let (name, weight) = match element.split_once(';') {
            Some((name, weight)) => (name, parse_weight(weight.trim_matches(SPACE))),
            None => (element, Some(FULL)),
        };
        let name = name.trim_matches(SPACE);
        if let Some(index) = Coding::ALL.iter().position(|coding| coding.is_called(name)) {
            // Nobody is sent what he may have meant to refuse.
            lower(self.codings.get_mut(index), weight.unwrap_or(REFUSED));
        } else if let Some(weight) = weight {
            match name {
                "*" => lower(Some(&mut self.others), weight),
                _ if name.eq_ignore_ascii_case("identity") => lower(Some(&mut self.identity), weight),
                _ => {}
            }
        }
    }
}

const SPACE: [char; 2] = [' ', '\t'];

/// What is said twice is taken at the lower weight.
fn lower(said: Option<&mut Option<Weight>>, weight: Weight) {
    if let Some(said) = said {
        *said = Some(said.map_or(weight, |before| before.min(weight)));
    }
}

/// `q=` and a number from 0 to 1 with at most three digits after the point (section 12.4.2).
fn parse_weight(text: &str) -> Option<Weight> {
    let number = text.strip_prefix("q=").or_else(|| text.strip_prefix("Q="))?;
    let (whole, digits) = number.split_once('.').unwrap_or((number, ""));
    if digits.len() > 3 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let thousandths: Weight = format!("{digits:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(FULL),
        _ => None,
    }
}

/// Media types that gain by a coding, beside `text/*` and what has one of the suffixes.
const GAINING: [&str; 24] = [
    "application/ecmascript",
    "application/javascript",
    "application/json",
    "application/jsonl",
    "application/rtf",
    "application/sql",
    "application/toml",
    "application/typescript",
    "application/vnd.ms-fontobject",
    "application/wasm",
    "application/x-font-otf",
    "application/x-font-ttf",
    "application/x-javascript",
    "application/x-ndjson",
    "application/x-sh",
    "application/x-yaml",
    "application/xml",
    "application/yaml",
    "font/otf",
    "font/sfnt",
    "font/ttf",
    "image/bmp",
    "image/vnd.microsoft.icon",
    "image/x-icon",
];
const GAINING_SUFFIXES: [&str; 4] = ["+json", "+xml", "+yaml", "+text"];

/// Whether files of a media type gain by a coding. Those that are compressed in themselves do not, and of unknown ones nobody knows.
#[must_use]
pub fn gains(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.starts_with("text/")
        || GAINING.contains(&essence.as_str())
        || GAINING_SUFFIXES.iter().any(|suffix| essence.ends_with(suffix))
}

#[cfg(test)]
mod tests;
