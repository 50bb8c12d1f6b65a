//! What makes the isolates of a version start sooner: V8's code caches of its modules, and the heap that its top-level code
//! leaves behind. It is made once, by a cell that is thrown away, and given to every cell that runs the version.
//!
//! V8 checks neither: bytes of another build, or bytes that somebody has changed, are as good as machine code. So whoever
//! keeps them sees to it that they come back as they were, and gives them to no engine but the one that they name.
//!
//! Encoded: the length of a JSON head (four bytes, big-endian), the head, then the code caches and the heap as it lists them.

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

/// The most bytes of all of it, encoded. A version that would need more starts without.
pub const PREPARED_BYTES_MAX: usize = 64 << 20;

/// A version's preparation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The code cache of each module that has one, by the module's name.
    pub code_caches: Vec<(String, Bytes)>,
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
    pub bytes: Bytes,
}

/// How a version starts, as it was measured when it was prepared.
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
    code_caches: Vec<(String, usize)>,
    heap: Option<HeapHead>,
    report: PreparedReport,
}

#[derive(Serialize, Deserialize)]
struct HeapHead {
    modules: Vec<String>,
    handlers: Vec<String>,
    bytes: usize,
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
            code_caches: self.code_caches.iter().map(|(name, cache)| (name.clone(), cache.len())).collect(),
            heap: self.heap.as_ref().map(|heap| HeapHead {
                modules: heap.modules.clone(),
                handlers: heap.handlers.clone(),
                bytes: heap.bytes.len(),
            }),
            report: self.report.clone(),
        };
        let head = serde_json::to_vec(&head).unwrap_or_default();
        let mut bytes = BytesMut::new();
        bytes.put_u32(u32::try_from(head.len()).unwrap_or(u32::MAX));
        bytes.put_slice(&head);
        for (_, cache) in &self.code_caches {
            bytes.put_slice(cache);
        }
        if let Some(heap) = &self.heap {
            bytes.put_slice(&heap.bytes);
        }
        bytes.freeze()
    }

    /// Takes it apart again. The parts share the bytes.
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
        let mut code_caches = Vec::new();
        for (name, length) in head.code_caches {
            code_caches.push((name, take(&mut bytes, length)?));
        }
        let heap = match head.heap {
            Some(heap) => Some(PreparedHeap {
                modules: heap.modules,
                handlers: heap.handlers,
                bytes: take(&mut bytes, heap.bytes)?,
            }),
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
                ("index.js".to_owned(), Bytes::from_static(b"cache")),
                ("b".to_owned(), Bytes::new()),
            ],
            heap: Some(PreparedHeap {
                modules: vec!["index.js".to_owned()],
                handlers: vec!["fetch".to_owned()],
                bytes: Bytes::from_static(b"heap"),
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

    #[test]
    fn lengths_that_lie_are_refused() {
        for length in ["18446744073709551615", "99999999"] {
            let head = format!(
                r#"{{"code_caches":[["a",{length}]],"heap":null,"report":{{"source_us":0,"cached_us":0,"heap_us":null,"without_heap":null}}}}"#
            );
            let bytes = [&u32::try_from(head.len()).unwrap().to_be_bytes(), head.as_bytes()].concat();
            assert_eq!(Prepared::decode(bytes.into()), Err(NotPrepared));
        }
    }
}
