//! What makes the isolates of a version start sooner: V8's code caches of its modules, and the heap that its top-level code
//! leaves behind. It is made once, by a cell that is thrown away, and given to every cell that runs the version.
//!
//! V8 checks neither: bytes of another build, or bytes that somebody has changed, are as good as machine code. So whoever
//! keeps them sees to it that they come back as they were, and gives them to no engine but the one that they name.
//!
//! Encoded: the length of a JSON head (four bytes, big-endian), the head, then the code caches and the heap as it lists them, each
//! packed. Reading it unpacks nothing: a node keeps and passes on what is packed, and a cell unpacks what it needs.

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use crate::packed::Packed;

/// The most bytes of all of it, encoded, and of its parts together when they are unpacked. A version that would need more
/// starts without.
pub const PREPARED_BYTES_MAX: usize = 64 << 20;
/// The most bytes of a heap. A cell has room for one, in which each start unpacks its own.
pub const HEAP_BYTES_MAX: usize = 16 << 20;
/// Says how it is encoded. Part of what an engine is called where preparations are kept, so that those of before are made anew.
pub const ENCODING: &str = "lz4";

const _: () = assert!(HEAP_BYTES_MAX <= PREPARED_BYTES_MAX, "a heap is a part");

/// A version's preparation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The code cache of each module that has one, by the module's name.
    pub code_caches: Vec<(String, Packed)>,
    /// The heap, if there is one that is worth it.
    pub heap: Option<PreparedHeap>,
    /// What was found out while it was made.
    pub report: PreparedReport,
}

/// A heap that isolates start from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedHeap {
    /// The names of the modules in it, in the order of its roots.
    pub modules: Vec<String>,
    /// The names of the worker's handlers.
    pub handlers: Vec<String>,
    /// V8's startup snapshot.
    pub bytes: Packed,
}

/// How a version starts, as it was measured when it was prepared, in CPU time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedReport {
    /// Microseconds to run the top-level code in a blank isolate, compiled from its source.
    pub source_us: u64,
    /// The same, with the code caches.
    pub cached_us: u64,
    /// Microseconds to make an isolate from the heap; `None` if there is none.
    pub heap_us: Option<u64>,
    /// Why there is no heap, in words for the worker's author.
    pub without_heap: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    code_caches: Vec<(String, Part)>,
    heap: Option<HeapHead>,
    report: PreparedReport,
}

#[derive(Serialize, Deserialize)]
struct HeapHead {
    modules: Vec<String>,
    handlers: Vec<String>,
    bytes: Part,
}

/// How many bytes a part has, and how many of them there are when it is packed.
#[derive(Serialize, Deserialize)]
struct Part(usize, usize);

impl Part {
    fn of(packed: &Packed) -> Self {
        Self(packed.len(), packed.packed().len())
    }

    /// Takes it from the front of the bytes. `left` is how much room there still is for what is unpacked.
    fn take(self, bytes: &mut Bytes, left: &mut usize) -> Result<Packed, NotPrepared> {
        *left = left.checked_sub(self.0).ok_or(NotPrepared)?;
        Ok(Packed::claimed(self.0, take(bytes, self.1)?))
    }
}

/// Bytes are no encoded preparation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no prepared version")]
pub struct NotPrepared;

impl Prepared {
    /// All of it in one piece.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let head = Head {
            code_caches: self
                .code_caches
                .iter()
                .map(|(name, cache)| (name.clone(), Part::of(cache)))
                .collect(),
            heap: self.heap.as_ref().map(|heap| HeapHead {
                modules: heap.modules.clone(),
                handlers: heap.handlers.clone(),
                bytes: Part::of(&heap.bytes),
            }),
            report: self.report.clone(),
        };
        let head = serde_json::to_vec(&head).unwrap_or_default();
        let mut bytes = BytesMut::new();
        bytes.put_u32(u32::try_from(head.len()).unwrap_or(u32::MAX));
        bytes.put_slice(&head);
        for (_, cache) in &self.code_caches {
            bytes.put_slice(cache.packed());
        }
        if let Some(heap) = &self.heap {
            bytes.put_slice(heap.bytes.packed());
        }
        bytes.freeze()
    }

    /// Takes it apart again. The parts share the bytes, and are still packed.
    ///
    /// # Errors
    /// When the bytes are something else.
    pub fn decode(mut bytes: Bytes) -> Result<Self, NotPrepared> {
        if bytes.len() > PREPARED_BYTES_MAX {
            return Err(NotPrepared);
        }
        let length = take(&mut bytes, 4)?;
        let length = <[u8; 4]>::try_from(&*length).map_err(|_| NotPrepared)?;
        let head = take(&mut bytes, usize::try_from(u32::from_be_bytes(length)).map_err(|_| NotPrepared)?)?;
        let head: Head = serde_json::from_slice(&head).map_err(|_| NotPrepared)?;
        let (mut code_caches, mut left) = (Vec::new(), PREPARED_BYTES_MAX);
        for (name, part) in head.code_caches {
            code_caches.push((name, part.take(&mut bytes, &mut left)?));
        }
        let heap = match head.heap {
            Some(HeapHead { modules, handlers, bytes: part }) if part.0 <= HEAP_BYTES_MAX => {
                Some(PreparedHeap { modules, handlers, bytes: part.take(&mut bytes, &mut left)? })
            }
            Some(_) => return Err(NotPrepared),
            None => None,
        };
        if bytes.is_empty() { Ok(Self { code_caches, heap, report: head.report }) } else { Err(NotPrepared) }
    }
}

fn take(bytes: &mut Bytes, length: usize) -> Result<Bytes, NotPrepared> {
    if length > bytes.len() {
        return Err(NotPrepared);
    }
    Ok(bytes.split_to(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Prepared {
        Prepared {
            code_caches: vec![
                ("index.js".to_owned(), Packed::pack(b"cache").unwrap()),
                ("b".to_owned(), Packed::pack(b"").unwrap()),
            ],
            heap: Some(PreparedHeap {
                modules: vec!["index.js".to_owned()],
                handlers: vec!["fetch".to_owned()],
                bytes: Packed::pack(b"heap").unwrap(),
            }),
            report: PreparedReport { source_us: 3, cached_us: 2, heap_us: Some(1), without_heap: None },
        }
    }

    #[test]
    fn what_is_encoded_comes_back() {
        let without = Prepared { heap: None, code_caches: Vec::new(), ..sample() };
        for prepared in [sample(), without] {
            assert_eq!(Prepared::decode(prepared.encode()), Ok(prepared));
        }
    }

    #[test]
    fn bytes_that_are_cut_or_added_are_refused() {
        let bytes = sample().encode();
        for length in 0..bytes.len() {
            assert_eq!(Prepared::decode(bytes.slice(..length)), Err(NotPrepared), "{length}");
        }
        let longer = Bytes::from([&*bytes, b"x"].concat());
        assert_eq!(Prepared::decode(longer), Err(NotPrepared));
    }

    fn headed(code_caches: &str, heap: &str, parts: &[u8]) -> Result<Prepared, NotPrepared> {
        let head = format!(
            r#"{{"code_caches":{code_caches},"heap":{heap},"report":{{"source_us":0,"cached_us":0,"heap_us":null,"without_heap":null}}}}"#
        );
        let length = u32::try_from(head.len()).unwrap().to_be_bytes();
        Prepared::decode([&length, head.as_bytes(), parts].concat().into())
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        assert!(headed(r#"[["a",[9,1]]]"#, "null", b"x").is_ok());
        for length in ["[0,18446744073709551615]", "[0,99999999]", "[1,2]", "[-1,1]", "[1.5,1]", "[1]", "1"] {
            assert_eq!(headed(&format!(r#"[["a",{length}]]"#), "null", b"x"), Err(NotPrepared), "{length}");
        }
    }

    #[test]
    fn what_claims_to_be_too_much_when_it_is_unpacked_is_refused() {
        let heap = |bytes: usize| format!(r#"{{"modules":[],"handlers":[],"bytes":[{bytes},1]}}"#);
        let caches = |bytes: usize| format!(r#"[["a",[{bytes},1]]]"#);
        assert!(headed("[]", &heap(HEAP_BYTES_MAX), b"x").is_ok());
        assert_eq!(headed("[]", &heap(HEAP_BYTES_MAX + 1), b"x"), Err(NotPrepared));
        assert!(headed(&caches(PREPARED_BYTES_MAX), "null", b"x").is_ok());
        assert_eq!(headed(&caches(PREPARED_BYTES_MAX + 1), "null", b"x"), Err(NotPrepared));
        assert_eq!(headed(&caches(PREPARED_BYTES_MAX), &heap(1), b"xx"), Err(NotPrepared));
    }

    #[test]
    fn what_was_encoded_before_parts_were_packed_is_refused() {
        assert_eq!(headed(r#"[["index.js",1]]"#, "null", b"x"), Err(NotPrepared));
    }
}
