//! Selectors, and the handlers of one rewriter.
//!
//! Selectors are compiled by functions that call themselves for each of their parts and brackets, on a stack of a fixed
//! size, and each tag of a document is tried against all of them: so there are limits.

use lol_html::Selector;

use super::wants;

/// How long a selector may be.
const SELECTOR_BYTES_MAX: usize = 4 << 10;
/// The parts that combinators join.
const STEPS_MAX: usize = 64;
/// Brackets within brackets.
const NESTING_MAX: usize = 16;
/// The handlers of one rewriter, and all their selectors.
const HANDLERS_MAX: usize = 1024;
const SELECTORS_BYTES_MAX: usize = 64 << 10;

/// What is fed at once, and what if there are so many selectors that a tag may take its time.
const PIECE_BYTES: usize = 4 << 10;
const SMALL_PIECE_BYTES: usize = 512;
const MANY_SELECTORS_BYTES: usize = 4 << 10;

/// Reads a selector.
///
/// # Errors
/// Why it is none that elements can be found by.
pub(crate) fn parse(text: &str) -> Result<Selector, String> {
    if text.len() > SELECTOR_BYTES_MAX {
        return Err(format!("it has {} bytes; {SELECTOR_BYTES_MAX} are the most", text.len()));
    }
    let shape = Shape::of(text);
    if shape.nesting > NESTING_MAX {
        return Err(format!("it has more than {NESTING_MAX} brackets within each other"));
    }
    if shape.longest > STEPS_MAX {
        return Err(format!("it has {} parts; {STEPS_MAX} are the most", shape.longest));
    }
    text.parse().map_err(|error: lol_html::errors::SelectorError| {
        let words = error.to_string();
        words.trim_end_matches('.').to_owned()
    })
}

/// What can be said of a selector without understanding it; too much of each rather than too little.
#[derive(Default)]
struct Shape {
    nesting: usize,
    /// Combinators of the longest of its alternatives, and of all of them.
    longest: usize,
    steps: usize,
}

impl Shape {
    fn of(text: &str) -> Self {
        let mut shape = Self::default();
        let (mut depth, mut steps, mut joined) = (0_usize, 0, false);
        for byte in text.bytes() {
            let joins = matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'>' | b'+' | b'~');
            if joins && !joined {
                steps += 1;
                shape.steps += 1;
                shape.longest = shape.longest.max(steps);
            }
            joined = joins;
            match byte {
                b'(' | b'[' | b'{' => {
                    depth += 1;
                    shape.nesting = shape.nesting.max(depth);
                }
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                b',' => steps = 0,
                _ => {}
            }
        }
        shape
    }
}

/// The handlers of one rewriter, in their order; each is known by its place.
#[derive(Default)]
pub(crate) struct Plan {
    handlers: Vec<(Option<Selector>, u32)>,
    selector_bytes: usize,
    steps: usize,
    counts_types: bool,
}

impl Plan {
    /// Adds a handler for elements, or without a selector for the document.
    ///
    /// # Errors
    /// Why it cannot be added.
    pub(crate) fn add(&mut self, selector: Option<&str>, wanted: u32) -> Result<(), String> {
        if self.handlers.len() >= HANDLERS_MAX {
            return Err(format!("a rewriter may have {HANDLERS_MAX} handlers"));
        }
        let Some(text) = selector else {
            self.handlers.push((None, wanted));
            return Ok(());
        };
        self.selector_bytes = self.selector_bytes.saturating_add(text.len());
        if self.selector_bytes > SELECTORS_BYTES_MAX {
            return Err(format!(
                "the selectors of a rewriter may have {} KiB together",
                SELECTORS_BYTES_MAX >> 10
            ));
        }
        self.steps += Shape::of(text).steps;
        self.counts_types |= text.to_ascii_lowercase().contains("of-type");
        // An escape may spell any name.
        self.counts_types |= text.contains('\\');
        self.handlers.push((Some(parse(text)?), wanted & (wants::ELEMENT | wants::COMMENTS | wants::TEXT)));
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.handlers.len()
    }

    pub(super) fn selector_bytes(&self) -> usize {
        self.selector_bytes
    }

    /// All the combinators that there are.
    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    pub(super) fn has_selectors(&self) -> bool {
        self.selector_bytes > 0
    }

    /// A selector asks which of its kind an element is.
    pub(super) fn counts_types(&self) -> bool {
        self.counts_types
    }

    pub(super) fn piece_bytes_max(&self) -> usize {
        // With types, each end tag goes through all names that were seen.
        if self.selector_bytes > MANY_SELECTORS_BYTES || self.counts_types {
            SMALL_PIECE_BYTES
        } else {
            PIECE_BYTES
        }
    }

    pub(super) fn into_handlers(self) -> impl Iterator<Item = (Option<Selector>, u32)> {
        self.handlers.into_iter()
    }
}
