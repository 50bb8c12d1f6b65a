//! What reads a tenant's bytes, one function each, and what must hold of it whatever the bytes are.
//!
//! A target takes bytes and panics if something is wrong: a crash, an error that no standard knows, a text that does not come back as
//! it was written. Most of the readers are JavaScript with natives below, so most of the targets are too: they are in `worker/`,
//! and run in a cell of this process as any worker does.
//!
//! The same functions have two drivers. `tests/main.rs` gives each what is in its folder of `corpus/`, and spoilt copies of that; it
//! runs with all other tests. `libfuzzer/` is for `scripts/fuzz`, which looks for hours (docs/conformance.md says how).
#![forbid(unsafe_code)]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a target says that something is wrong by a panic, as fuzzers want it"
)]

mod flags;
mod link;
mod modules;
mod prepared;
mod worker;

/// Something that reads bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name; the samples are in the folder of this name.
    pub name: &'static str,
    /// What means something to it.
    pub words: &'static [&'static str],
    /// How many spoilt samples it reads in an ordinary run of the tests.
    pub rounds: u64,
    read: fn(&Target, &[u8]),
}

impl Target {
    /// Lets it read.
    ///
    /// # Panics
    /// If something is wrong.
    pub fn read(&self, bytes: &[u8]) {
        (self.read)(self, bytes);
    }
}

/// A target of the worker.
const fn of_worker(name: &'static str, rounds: u64, words: &'static [&'static str]) -> Target {
    Target { name, words, rounds, read: worker::read }
}

const URLS: &[&str] = &[
    "http://", "https://", "file:", "//", "/..", "/.", "%2e", "%", "@", ":", "?", "#", "\\", "[::1]", "xn--",
    "127.1", "0x7f", "\n", "\t", ":443", ":80", ":65536", "é", "\u{00ad}", " ", "blob:", "data:", "<", "^",
    "|", "\u{fffd}", "..", "",
];

/// All of them.
pub const TARGETS: &[Target] = &[
    of_worker("url", 600, URLS),
    of_worker("params", 400, &["&", "=", "+", "%", "%2", "%26", "%ff", "\0", "é", "&&", "=&"]),
    of_worker(
        "pattern",
        250,
        &["*", ":a", "(.*)", "{", "}", "?", "+", "\\", "([", "(?:", ":a(\\d+)", "/", "://", "#", "\n", "é"],
    ),
    of_worker(
        "headers",
        400,
        &[
            "\n",
            ":",
            "-",
            "=",
            "set-cookie:",
            "content-type:",
            ", ",
            "\0",
            "\r",
            "\t",
            " ",
            "é",
            "__proto__:",
        ],
    ),
    of_worker("cookies", 300, &["\n", ";", "=", ",", " ", "expires=", "__Host-", "\0", "\""]),
    of_worker("form", 250, &["\n", "=", "@", "\r", "\"", "%22", "%0D%0A", "\0", "é", "\u{d7ff}"]),
    of_worker(
        "multipart",
        400,
        &[
            "\r\n",
            "--",
            "--b",
            "--b--",
            "\r\n--b\r\n",
            "Content-Disposition: form-data",
            "; name=\"",
            "; filename=\"",
            "\"",
            "name*=",
            "\\\"",
            "%22",
            "Content-Type: ",
            ":",
            "\n",
        ],
    ),
    of_worker(
        "mime",
        300,
        &[";", "=", "\"", "\\", "/", "charset=", "boundary=", " ", "\t", ",", "text/html", "*/*"],
    ),
    of_worker(
        "html",
        250,
        &[
            "<",
            ">",
            "</",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<script>",
            "</script>",
            "<svg>",
            "<math>",
            "<template>",
            "=\"",
            "'",
            "&amp;",
            "<!doctype ",
            "<p a=b>",
            "\0",
            "é",
            "\n",
        ],
    ),
    of_worker(
        "selector",
        250,
        &[
            "*",
            ">",
            "~",
            "+",
            "[",
            "]",
            "=",
            "\"",
            ":not(",
            ")",
            ":nth-child(2n+1)",
            ".",
            "#",
            "\\",
            ",",
            ":is(",
            "|",
            "^=",
        ],
    ),
    of_worker("clone", 400, &["\0", "\u{1}", "\u{7f}", "aaaaaaaa"]),
    of_worker(
        "event-stream",
        300,
        &[
            "\n",
            "\r",
            "\r\n",
            "\n\n",
            "data:",
            "data: ",
            "event:",
            "id:",
            "retry:",
            ":",
            "\0",
            "\u{feff}",
            "99999999999",
        ],
    ),
    of_worker("base64", 300, &["=", "==", "+", "/", "-", "_", " ", "\n", "A", "é", "\0"]),
    of_worker(
        "text",
        300,
        &[
            "\n",
            "utf-8",
            "utf-16le",
            "iso-2022-jp",
            "gb18030",
            "shift_jis",
            "big5",
            "x-user-defined",
            "replacement",
            "\u{1b}$B",
            "\u{feff}",
        ],
    ),
    of_worker(
        "data-url",
        300,
        &["data:", ",", ";base64", ";", "%", "%2c", "=", "#", "text/plain", "charset=", " "],
    ),
    of_worker(
        "socket",
        200,
        &[":", "[", "]", "::1", "localhost", ":0", ":65536", ":22", "@", "/", "\n", "%", "\0", "é"],
    ),
    of_worker(
        "frames",
        400,
        &[
            "\u{1}",
            "\u{2}",
            "\u{9}\0",
            "\0",
            "\u{5}hello",
            "\u{7e}\u{1}\0",
            "\u{7f}\0\0\0\0",
            "\u{7d}",
            "\u{3}",
            "é",
        ],
    ),
    of_worker(
        "deflated-frames",
        400,
        &["\u{41}", "\0", "\0\0\0", "\u{3}\0", "\u{5}", "\u{7e}\u{1}\0", "\u{9}\0", "é"],
    ),
    of_worker(
        "compression",
        250,
        &["gzip\n", "deflate\n", "deflate-raw\n", "brotli\n", "\u{1f}\u{8b}\u{8}", "x\u{9c}"],
    ),
    of_worker(
        "json",
        200,
        &["{", "}", "[", "]", ",", ":", "\"", "\\u0000", "\\", "1e999", "-0", "null", "__proto__"],
    ),
    of_worker("buffer", 250, &["\n", "hex", "base64url", "utf16le", "latin1", "ucs2", "=", "-1", "\0", "é"]),
    Target {
        name: "modules",
        words: &[
            "export ",
            "default ",
            "import ",
            "from ",
            "'x'",
            "await ",
            "class ",
            "#x",
            "`",
            "${",
            "}",
            "{",
            "\0asm",
            "module.exports",
            "require(",
            "\u{1}",
            "/*",
            "*/",
            "=>",
            "async ",
            "throw ",
            "mappings",
            "AAAA;",
            "{\"version\":3}",
        ],
        rounds: 120,
        read: modules::read,
    },
    Target { name: "flags", words: flags::WORDS, rounds: 100, read: flags::read },
    Target { name: "prepared", words: prepared::WORDS, rounds: 3_000, read: prepared::read },
    Target { name: "link", words: link::WORDS, rounds: 3_000, read: link::read },
];

/// Prepares the process. Called on the main thread before any other is started, see [`mote_cell::initialize`].
pub fn initialize() {
    mote_cell::initialize(&[]);
}

/// Lets the target of this name read, in a process that [`initialize`] has prepared.
///
/// # Panics
/// If there is none, or if something is wrong.
pub fn read(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    target.unwrap_or_else(|| panic!("no target is called {name}")).read(bytes);
}
