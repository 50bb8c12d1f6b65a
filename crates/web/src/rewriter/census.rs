//! What a document makes `lol_html` keep, at most, by what can be counted from outside.
//!
//! `lol_html` has a limit of its own for the piece of the document that it must keep (a tag or a comment that is not at its end)
//! and for the list of open elements. What hangs on these it does not count: the places of a tag's attributes, the names of
//! open elements, which selectors they may still lead to. All of it follows from the bytes that went in, so it is charged
//! from them: rather too much than too little, and never given back before the document's end, since the lists do not shrink.

use super::Plan;

/// `lol_html`'s own limits: for elements of up to so many bytes with their selectors, and how many open ones fit into it. The
/// more selectors there are to be remembered of each element, the fewer may be open at once.
const ROOMS: [(usize, Room); 3] = [
    (2 << 10, Room { bytes: 3 << 20, elements: 16 << 10 }),
    (8 << 10, Room { bytes: 768 << 10, elements: 4 << 10 }),
    (usize::MAX, Room { bytes: 192 << 10, elements: 1 << 10 }),
];

#[derive(Debug, Clone, Copy)]
struct Room {
    bytes: usize,
    elements: usize,
}

/// What every rewriter has: pages of a stack, buffers, tables.
const BASE_BYTES: usize = 64 << 10;
/// What a byte of a selector becomes, compiled.
const SELECTOR_BYTE_BYTES: usize = 64;
/// An attribute: where it stands, and its name and value once somebody asks for them.
const ATTRIBUTE_BYTES: usize = 200;
/// An open element without its selectors, also one that handlers have changed.
const ELEMENT_BYTES: usize = 512;
/// What an open element keeps for each step that a selector may go on from it.
const STEP_BYTES: usize = 32;
/// Tag names up to here are counted with their element.
const NAME_BYTES: usize = 64;
/// Copies of an element's name that there may be.
const NAME_COPIES: usize = 3;
/// What `:nth-of-type` keeps for each name that it has seen.
const TYPE_BYTES: usize = 160;

pub(super) struct Census {
    room: Room,
    fixed_bytes: usize,
    element_bytes: usize,
    counts_elements: bool,
    counts_types: bool,
    /// The last piece, and what may have been kept since something was last seen to be done with.
    piece: Span,
    kept: Span,
    most: Span,
    tags: usize,
    /// How long the tag name is that the input is in.
    name: Option<usize>,
    long_names_bytes: usize,
}

#[derive(Clone, Copy, Default)]
struct Span {
    bytes: usize,
    /// Bytes that can stand before an attribute.
    separators: usize,
}

impl Census {
    pub(super) fn new(plan: &Plan) -> Self {
        let handlers = plan.len();
        let element_bytes = ELEMENT_BYTES + plan.steps() * STEP_BYTES + handlers / 4;
        let [.., (_, smallest)] = ROOMS;
        let room = ROOMS.iter().find(|(most, _)| element_bytes <= *most).map_or(smallest, |(_, room)| *room);
        Self {
            room,
            fixed_bytes: BASE_BYTES + plan.selector_bytes() * SELECTOR_BYTE_BYTES + handlers * ELEMENT_BYTES,
            element_bytes,
            counts_elements: plan.has_selectors(),
            counts_types: plan.counts_types(),
            piece: Span::default(),
            kept: Span::default(),
            most: Span::default(),
            tags: 0,
            name: None,
            long_names_bytes: 0,
        }
    }

    /// A piece of the document is about to be fed.
    pub(super) fn arrive(&mut self, piece: &[u8]) {
        let mut separators = 0;
        for byte in piece {
            match byte {
                b'<' => {
                    self.tags += 1;
                    self.name = Some(0);
                }
                b'\t' | b'\n' | b'\x0c' | b'\r' | b' ' | b'/' | b'"' | b'\'' => {
                    separators += 1;
                    self.name = None;
                }
                b'>' => self.name = None,
                _ => {
                    if let Some(length) = &mut self.name {
                        *length += 1;
                        if *length > NAME_BYTES {
                            self.long_names_bytes += NAME_COPIES;
                        }
                    }
                }
            }
        }
        self.piece = Span { bytes: piece.len(), separators };
        self.kept.bytes = self.kept.bytes.saturating_add(piece.len());
        self.kept.separators = self.kept.separators.saturating_add(separators);
        self.most.bytes = self.most.bytes.max(self.kept.bytes);
        self.most.separators = self.most.separators.max(self.kept.separators);
    }

    /// What was kept before the last piece is done with: something after it was met, or it was written.
    pub(super) fn consumed(&mut self) {
        self.kept = self.piece;
    }

    /// A handler has given an element another name.
    pub(super) fn renamed(&mut self, bytes: usize) {
        if bytes > NAME_BYTES {
            self.long_names_bytes = self.long_names_bytes.saturating_add(bytes.saturating_mul(NAME_COPIES));
        }
    }

    /// What `lol_html` may hold by its own count.
    pub(super) fn lol_html_bytes_max(&self) -> usize {
        self.room.bytes
    }

    /// What is kept at most.
    pub(super) fn bytes(&self) -> usize {
        let elements =
            if self.counts_elements { self.tags.min(self.room.elements) * self.element_bytes } else { 0 };
        let types = if self.counts_types { self.tags.saturating_mul(TYPE_BYTES) } else { 0 };
        self.fixed_bytes
            .saturating_add(self.most.bytes.min(self.room.bytes))
            .saturating_add(self.most.separators.min(self.room.bytes) * ATTRIBUTE_BYTES)
            .saturating_add(elements)
            .saturating_add(types)
            .saturating_add(self.long_names_bytes)
    }
}
