//! The bundle: a worker's modules, immutable, named by the SHA-256 of its canonical encoding.
//!
//! A `Bundle` exists only if it is sound: its modules have distinct, normal names, its main module is there and is
//! JavaScript, and it is within the limits. There are two gates: [`Bundle::new`] for modules made or received one by
//! one, and [`Bundle::decode`] for bytes from a store or another node. [`Bundle::encode`] is the one canonical form:
//! modules sorted by name, every part preceded by its length. The same content has the same bytes and the same hash
//! wherever it comes from, and different content never does.

use std::fmt;
use std::str::FromStr;

use bytes::{BufMut, Bytes, BytesMut};
use sha2::{Digest, Sha256};

/// Most modules that a bundle may have.
pub const MODULES_MAX: usize = 1_000;
/// Most bytes that all modules together may have, unpacked, without their source maps.
pub const CONTENT_BYTES_MAX: usize = 64 << 20;
/// Most bytes that all source maps together may have. They are kept apart: they never enter an isolate.
pub const SOURCE_MAP_BYTES_MAX: usize = 64 << 20;
/// Most bytes that a module's name may have.
pub const SPECIFIER_BYTES_MAX: usize = 512;

const MAGIC: &[u8; 8] = b"mote\0b1\n";
const _: () = assert!(CONTENT_BYTES_MAX <= u32::MAX as usize, "a module's length is written in four bytes");
const _: () =
    assert!(SOURCE_MAP_BYTES_MAX <= u32::MAX as usize, "a source map's length is written in four bytes");

/// A worker's modules. Cheap to clone relative to its content, which is shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    modules: Vec<Module>,
    main: ModuleSpecifier,
    format: Format,
    hash: BundleHash,
}

/// One module: what an `import` of its name gives.
#[derive(Clone, PartialEq, Eq)]
pub struct Module {
    /// Its name inside the bundle, which relative imports are resolved against.
    pub name: ModuleSpecifier,
    /// What its content is.
    pub kind: ModuleKind,
    /// The content, as it is evaluated or handed out.
    pub content: Bytes,
    /// A source map (version 3, JSON) of a JavaScript module. Its `sources` are relative to the project's folder.
    pub source_map: Option<Bytes>,
}

/// How a module is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModuleKind {
    /// ECMAScript module.
    EsModule,
    /// A script with `module`, `exports` and `require`; as the main module of a service worker: a classic script.
    CommonJs,
    /// The default export is a string.
    Text,
    /// The default export is an `ArrayBuffer`.
    Data,
    /// The default export is the parsed value.
    Json,
    /// The default export is a `WebAssembly.Module`.
    Wasm,
}

/// How a worker registers its handlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// The main module is an ES module and exports its handlers.
    Modules,
    /// The main module calls `addEventListener`. The bundler writes it as an ES module; one that was uploaded as it is
    /// comes as [`ModuleKind::CommonJs`] and is a classic script.
    ServiceWorker,
}

/// A module's name: a relative path with `/`, without empty, `.` and `..` segments.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleSpecifier(String);

/// The SHA-256 of a bundle's canonical encoding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BundleHash([u8; 32]);

/// Why modules do not make a bundle. All of these are the fault of whoever made them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBundle {
    /// The main module is not among the modules.
    #[error("the main module `{main}` is not in the bundle")]
    NoMain {
        /// The missing name.
        main: ModuleSpecifier,
    },
    /// The main module cannot be evaluated in this format.
    #[error(
        "the main module `{main}` is {kind}; it must be JavaScript, and an ES module unless it is a service worker"
    )]
    MainNotJavaScript {
        /// The main module.
        main: ModuleSpecifier,
        /// What it is.
        kind: ModuleKind,
    },
    /// Two modules have one name.
    #[error("two modules are called `{name}`")]
    DuplicateModule {
        /// The name.
        name: ModuleSpecifier,
    },
    /// Too many modules.
    #[error("{count} modules are more than the {MODULES_MAX} that a bundle may have")]
    TooManyModules {
        /// How many there are.
        count: usize,
    },
    /// Too much content.
    #[error("the modules have {bytes} bytes in all; a bundle may have {CONTENT_BYTES_MAX}")]
    TooLarge {
        /// How many bytes there are.
        bytes: usize,
    },
    /// Too large source maps.
    #[error("the source maps have {bytes} bytes in all; a bundle may have {SOURCE_MAP_BYTES_MAX}")]
    SourceMapsTooLarge {
        /// How many bytes there are.
        bytes: usize,
    },
}

/// Why a string is no module name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSpecifier {
    /// Empty, or with an empty segment.
    #[error("a module's name must not be empty, start or end with `/`, or have `//` in it")]
    EmptySegment,
    /// `.` or `..` inside.
    #[error("a module's name must not have `.` or `..` as a segment")]
    DotSegment,
    /// NUL, a control character or a backslash.
    #[error("a module's name must not have control characters or backslashes in it")]
    ForbiddenCharacter,
    /// Too long.
    #[error("a module's name may have {SPECIFIER_BYTES_MAX} bytes, not {bytes}")]
    TooLong {
        /// How many bytes it has.
        bytes: usize,
    },
}

/// Why bytes are no bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end early, go on, or say what no encoder writes.
    #[error("these bytes are not an encoded bundle")]
    Malformed,
    /// The bytes are a bundle, but not the one that was asked for.
    #[error("this bundle's hash is {found}, not {expected}")]
    WrongHash {
        /// What was asked for.
        expected: BundleHash,
        /// What came.
        found: BundleHash,
    },
    /// A module's name is not allowed.
    #[error(transparent)]
    Specifier(#[from] InvalidSpecifier),
    /// The modules do not make a bundle.
    #[error(transparent)]
    Invalid(#[from] InvalidBundle),
}

/// Not a SHA-256 in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a bundle's hash is 64 hexadecimal digits")]
pub struct InvalidHash;

impl Bundle {
    /// Checks the modules and names the bundle. The order of `modules` does not matter.
    ///
    /// # Errors
    /// If they break a limit or a rule; see [`InvalidBundle`].
    pub fn new(
        mut modules: Vec<Module>,
        main: ModuleSpecifier,
        format: Format,
    ) -> Result<Self, InvalidBundle> {
        modules.sort_by(|a, b| a.name.cmp(&b.name));
        check(&modules, &main, format)?;
        let mut hasher = Sha256::new();
        write_parts(&modules, &main, format, &mut |part| hasher.update(part));
        let hash = BundleHash(hasher.finalize().into());
        Ok(Self { modules, main, format, hash })
    }

    /// The modules, sorted by name.
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// The module of that name.
    pub fn module(&self, name: &ModuleSpecifier) -> Option<&Module> {
        let at = self.modules.binary_search_by(|module| module.name.cmp(name)).ok()?;
        self.modules.get(at)
    }

    /// The name of the module that is evaluated first.
    pub fn main(&self) -> &ModuleSpecifier {
        &self.main
    }

    /// How the worker registers its handlers.
    pub fn format(&self) -> Format {
        self.format
    }

    /// What names this bundle everywhere.
    pub fn hash(&self) -> BundleHash {
        self.hash
    }

    /// Bytes of all modules, without source maps.
    pub fn content_bytes(&self) -> usize {
        self.modules.iter().map(|module| module.content.len()).sum()
    }

    /// The canonical encoding, of which [`Bundle::hash`] is the SHA-256.
    pub fn encode(&self) -> Bytes {
        let mut encoded = BytesMut::new();
        write_parts(&self.modules, &self.main, self.format, &mut |part| encoded.put_slice(part));
        encoded.freeze()
    }

    /// Reads what [`Bundle::encode`] wrote. The modules share `encoded`'s memory.
    ///
    /// # Errors
    /// If `encoded` is not exactly the canonical encoding of a sound bundle.
    pub fn decode(encoded: Bytes) -> Result<Self, DecodeError> {
        let (modules, main, format) = Reader { rest: encoded.clone() }.bundle()?;
        // Why the sorting must be checked here: `new` sorts, so unsorted bytes would make a bundle with another hash.
        if !modules.is_sorted_by(|a, b| a.name < b.name) {
            return Err(DecodeError::Malformed);
        }
        check(&modules, &main, format)?;
        let hash = BundleHash(Sha256::digest(&encoded).into());
        Ok(Self { modules, main, format, hash })
    }

    /// Reads what is said to be the bundle with that hash.
    ///
    /// # Errors
    /// As [`Bundle::decode`], and if it is another bundle.
    pub fn verify(encoded: Bytes, expected: BundleHash) -> Result<Self, DecodeError> {
        let bundle = Self::decode(encoded)?;
        if bundle.hash != expected {
            return Err(DecodeError::WrongHash { expected, found: bundle.hash });
        }
        Ok(bundle)
    }
}

impl Module {
    /// A module without a source map.
    pub fn new(name: ModuleSpecifier, kind: ModuleKind, content: impl Into<Bytes>) -> Self {
        Self { name, kind, content: content.into(), source_map: None }
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("content_bytes", &self.content.len())
            .field("source_map_bytes", &self.source_map.as_ref().map(Bytes::len))
            .finish()
    }
}

impl ModuleKind {
    /// Whether it has code in JavaScript.
    pub fn is_javascript(self) -> bool {
        matches!(self, Self::EsModule | Self::CommonJs)
    }

    fn code(self) -> u8 {
        match self {
            Self::EsModule => 0,
            Self::CommonJs => 1,
            Self::Text => 2,
            Self::Data => 3,
            Self::Json => 4,
            Self::Wasm => 5,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        [Self::EsModule, Self::CommonJs, Self::Text, Self::Data, Self::Json, Self::Wasm]
            .into_iter()
            .find(|kind| kind.code() == code)
    }
}

impl fmt::Display for ModuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EsModule => "an ES module",
            Self::CommonJs => "CommonJS",
            Self::Text => "text",
            Self::Data => "data",
            Self::Json => "JSON",
            Self::Wasm => "WebAssembly",
        })
    }
}

impl ModuleSpecifier {
    /// Takes a name; a leading `./` is dropped.
    ///
    /// # Errors
    /// If the name is not a plain relative path; see [`InvalidSpecifier`].
    pub fn parse(name: &str) -> Result<Self, InvalidSpecifier> {
        let name = name.strip_prefix("./").unwrap_or(name);
        if name.len() > SPECIFIER_BYTES_MAX {
            return Err(InvalidSpecifier::TooLong { bytes: name.len() });
        }
        if name.chars().any(|c| c.is_control() || c == '\\') {
            return Err(InvalidSpecifier::ForbiddenCharacter);
        }
        for segment in name.split('/') {
            match segment {
                "" => return Err(InvalidSpecifier::EmptySegment),
                "." | ".." => return Err(InvalidSpecifier::DotSegment),
                _ => {}
            }
        }
        Ok(Self(name.to_owned()))
    }

    /// The name, without a leading `./`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModuleSpecifier {
    type Err = InvalidSpecifier;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::parse(name)
    }
}

impl fmt::Display for ModuleSpecifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ModuleSpecifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl BundleHash {
    /// The hash's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for BundleHash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for BundleHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BundleHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for BundleHash {
    type Err = InvalidHash;

    fn from_str(hex: &str) -> Result<Self, Self::Err> {
        let (pairs, []) = hex.as_bytes().as_chunks::<2>() else { return Err(InvalidHash) };
        let bytes: Option<Vec<u8>> =
            pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(InvalidHash)?;
        Ok(Self(bytes))
    }
}

fn digit(ascii: u8) -> Option<u8> {
    match ascii {
        b'0'..=b'9' => Some(ascii - b'0'),
        b'a'..=b'f' => Some(ascii - b'a' + 10),
        _ => None,
    }
}

fn check(modules: &[Module], main: &ModuleSpecifier, format: Format) -> Result<(), InvalidBundle> {
    if modules.len() > MODULES_MAX {
        return Err(InvalidBundle::TooManyModules { count: modules.len() });
    }
    let bytes = modules.iter().map(|module| module.content.len()).fold(0, usize::saturating_add);
    if bytes > CONTENT_BYTES_MAX {
        return Err(InvalidBundle::TooLarge { bytes });
    }
    let maps = modules.iter().filter_map(|module| module.source_map.as_ref());
    let bytes = maps.map(Bytes::len).fold(0, usize::saturating_add);
    if bytes > SOURCE_MAP_BYTES_MAX {
        return Err(InvalidBundle::SourceMapsTooLarge { bytes });
    }
    for pair in modules.windows(2) {
        if let [first, second] = pair
            && first.name == second.name
        {
            return Err(InvalidBundle::DuplicateModule { name: first.name.clone() });
        }
    }
    match modules.iter().find(|module| module.name == *main) {
        None => Err(InvalidBundle::NoMain { main: main.clone() }),
        Some(module) => match (format, module.kind) {
            (Format::Modules | Format::ServiceWorker, ModuleKind::EsModule) => Ok(()),
            (Format::ServiceWorker, ModuleKind::CommonJs) => Ok(()),
            (Format::Modules, ModuleKind::CommonJs)
            | (_, ModuleKind::Text | ModuleKind::Data | ModuleKind::Json | ModuleKind::Wasm) => {
                Err(InvalidBundle::MainNotJavaScript { main: main.clone(), kind: module.kind })
            }
        },
    }
}

/// Writes the canonical encoding: magic, format, main, number of modules; then for each its kind, name, content and
/// source map. Lengths are four bytes, big-endian.
fn write_parts(modules: &[Module], main: &ModuleSpecifier, format: Format, write: &mut dyn FnMut(&[u8])) {
    write(MAGIC);
    write(&[match format {
        Format::Modules => 0,
        Format::ServiceWorker => 1,
    }]);
    write_name(main, write);
    write(&length(modules.len()));
    for module in modules {
        write(&[module.kind.code()]);
        write_name(&module.name, write);
        write(&length(module.content.len()));
        write(&module.content);
        match &module.source_map {
            None => write(&[0]),
            Some(map) => {
                write(&[1]);
                write(&length(map.len()));
                write(map);
            }
        }
    }
}

fn write_name(name: &ModuleSpecifier, write: &mut dyn FnMut(&[u8])) {
    write(&length(name.0.len()));
    write(name.0.as_bytes());
}

fn length(of: usize) -> [u8; 4] {
    u32::try_from(of)
        .expect("`check` and `ModuleSpecifier::parse` hold every length below `u32::MAX`")
        .to_be_bytes()
}

struct Reader {
    rest: Bytes,
}

impl Reader {
    fn bundle(mut self) -> Result<(Vec<Module>, ModuleSpecifier, Format), DecodeError> {
        if self.take(MAGIC.len())? != MAGIC[..] {
            return Err(DecodeError::Malformed);
        }
        let format = match self.byte()? {
            0 => Format::Modules,
            1 => Format::ServiceWorker,
            _ => return Err(DecodeError::Malformed),
        };
        let main = self.name()?;
        let count = self.length()?;
        if count > MODULES_MAX {
            return Err(InvalidBundle::TooManyModules { count }.into());
        }
        let modules = (0..count).map(|_| self.module()).collect::<Result<_, _>>()?;
        if self.rest.is_empty() { Ok((modules, main, format)) } else { Err(DecodeError::Malformed) }
    }

    fn module(&mut self) -> Result<Module, DecodeError> {
        let kind = ModuleKind::from_code(self.byte()?).ok_or(DecodeError::Malformed)?;
        let name = self.name()?;
        let content = self.long()?;
        let source_map = match self.byte()? {
            0 => None,
            1 => Some(self.long()?),
            _ => return Err(DecodeError::Malformed),
        };
        Ok(Module { name, kind, content, source_map })
    }

    fn name(&mut self) -> Result<ModuleSpecifier, DecodeError> {
        let bytes = self.length()?;
        let raw = self.take(bytes)?;
        let name = std::str::from_utf8(&raw).map_err(|_| DecodeError::Malformed)?;
        let specifier = ModuleSpecifier::parse(name)?;
        // Why compare: `parse` drops a leading `./`, and two encodings of one bundle would have two hashes.
        if specifier.as_str() == name { Ok(specifier) } else { Err(DecodeError::Malformed) }
    }

    fn long(&mut self) -> Result<Bytes, DecodeError> {
        let bytes = self.length()?;
        self.take(bytes)
    }

    fn length(&mut self) -> Result<usize, DecodeError> {
        usize::try_from(u32::from_be_bytes(self.array()?)).map_err(|_| DecodeError::Malformed)
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        <[u8; N]>::try_from(&self.take(N)?[..]).map_err(|_| DecodeError::Malformed)
    }

    fn take(&mut self, bytes: usize) -> Result<Bytes, DecodeError> {
        if bytes > self.rest.len() {
            return Err(DecodeError::Malformed);
        }
        Ok(self.rest.split_to(bytes))
    }
}

#[cfg(test)]
mod tests;
