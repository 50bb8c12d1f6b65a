//! The memories of Wasm: V8 counts them nowhere, so the isolate's account does.
//!
//! A memory that JavaScript can see is registered and asked for its size. One that a module keeps to itself can be asked by
//! nobody, so each instance of such a module counts with the most that its memory may become.

use std::{cell::RefCell, collections::HashSet, rc::Rc};

use wasmparser::{ExternalKind, Parser, Payload};

use crate::{attached, memory::MemoryAccount, v8};

/// Bytes of a page of Wasm.
const PAGE_BYTES: u64 = 64 << 10;
/// The most pages of a memory (the flag `--wasm-max-mem-pages`).
const PAGES_MAX: u64 = 2_048;
/// The private key under which a module says how much its instances hold that nobody sees.
const HIDDEN: &str = "mote.hiddenBytes";

/// In a slot of the isolate: the memories that are known, and the context that they live in.
#[derive(Clone)]
struct Memories {
    known: Rc<RefCell<Vec<v8::Weak<v8::WasmMemoryObject>>>>,
    context: v8::Global<v8::Context>,
}

/// What became of a memory that was to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// It fits.
    Fits,
    /// With it, the isolate holds more than it may.
    TooMuch,
    /// It is shared between threads, which is not offered.
    Shared,
}

/// Counts a memory from now on, for as long as it lives; with the `more` pages that it is to get, it must fit. What is no
/// memory is not counted.
pub fn count(scope: &mut v8::PinScope<'_, '_>, value: v8::Local<'_, v8::Value>, more: u32) -> Counted {
    let Ok(memory) = value.try_cast::<v8::WasmMemoryObject>() else { return Counted::Fits };
    let buffer: v8::Local<'_, v8::Value> = memory.buffer().into();
    if buffer.is_shared_array_buffer() {
        return Counted::Shared;
    }
    let memories = memories(scope);
    let is_known = memories.known.borrow().iter().any(|known| *known == memory);
    if !is_known {
        let weak = v8::Weak::new(scope, memory);
        memories.known.borrow_mut().push(weak);
    }
    has_room(scope, u64::from(more).saturating_mul(PAGE_BYTES))
}

/// Counts what an instance of the module holds that nobody sees, until the instance is collected.
pub fn count_hidden(
    scope: &mut v8::PinScope<'_, '_>,
    module: v8::Local<'_, v8::Value>,
    instance: v8::Local<'_, v8::Object>,
) -> Counted {
    let Some(bytes) = hidden_bytes_of(scope, module).filter(|bytes| *bytes > 0) else {
        return has_room(scope, 0);
    };
    if attached::hold_for(scope, instance, bytes) { has_room(scope, 0) } else { Counted::TooMuch }
}

/// Says at a compiled module how much its instances hold that nobody sees.
pub(crate) fn remember_hidden(
    scope: &mut v8::PinScope<'_, '_>,
    module: v8::Local<'_, v8::WasmModuleObject>,
    bytes: &[u8],
) {
    let hidden = hidden_bytes(bytes);
    if hidden == 0 {
        return;
    }
    let Some(key) = hidden_key(scope) else { return };
    let object: v8::Local<'_, v8::Object> = module.into();
    #[expect(clippy::cast_precision_loss, reason = "no memory has 2^53 bytes")]
    let value = v8::Number::new(scope, hidden as f64);
    object.set_private(scope, key, value.into());
}

fn hidden_bytes_of(scope: &mut v8::PinScope<'_, '_>, module: v8::Local<'_, v8::Value>) -> Option<usize> {
    let key = hidden_key(scope)?;
    let object = module.try_cast::<v8::Object>().ok()?;
    let value = object.get_private(scope, key)?.try_cast::<v8::Number>().ok()?.value();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of bytes, set above"
    )]
    Some(value as usize)
}

fn hidden_key<'s>(scope: &mut v8::PinScope<'s, '_>) -> Option<v8::Local<'s, v8::Private>> {
    let name = v8::String::new(scope, HIDDEN)?;
    Some(v8::Private::for_api(scope, Some(name)))
}

/// The most bytes of the memories that a module defines and does not export.
fn hidden_bytes(module: &[u8]) -> usize {
    // A set, since a module may have tens of thousands of memories, and export each of them under several names.
    let (mut imported, mut defined, mut exported) = (0, Vec::new(), HashSet::new());
    // A module that V8 has compiled parses; what does not is none that could be instantiated.
    for payload in Parser::new(0).parse_all(module).map_while(Result::ok) {
        match payload {
            Payload::ImportSection(imports) => {
                let memories = imports.into_imports().map_while(Result::ok);
                imported +=
                    memories.filter(|import| matches!(import.ty, wasmparser::TypeRef::Memory(_))).count();
            }
            Payload::MemorySection(memories) => {
                defined.extend(memories.into_iter().map_while(Result::ok).map(|memory| memory.maximum));
            }
            Payload::ExportSection(exports) => {
                let memories = exports.into_iter().map_while(Result::ok);
                exported.extend(
                    memories
                        .filter(|export| export.kind == ExternalKind::Memory)
                        .map(|export| export.index as usize),
                );
            }
            _ => {}
        }
    }
    let hidden = defined.iter().enumerate().filter(|(at, _)| !exported.contains(&(imported + at)));
    let pages: u64 = hidden.map(|(_, maximum)| maximum.unwrap_or(PAGES_MAX).min(PAGES_MAX)).sum();
    usize::try_from(pages.saturating_mul(PAGE_BYTES)).unwrap_or(usize::MAX)
}

/// Bytes of the memories that are known and alive.
pub(crate) fn bytes(isolate: &mut v8::Isolate) -> usize {
    let Some(memories) = isolate.get_slot::<Memories>().cloned() else { return 0 };
    v8::scope!(let scope, isolate);
    let context = v8::Local::new(scope, &memories.context);
    let scope = &mut v8::ContextScope::new(scope, context);
    let mut total = 0_usize;
    memories.known.borrow_mut().retain(|weak| {
        let Some(memory) = weak.to_local(scope) else { return false };
        total = total.saturating_add(memory.buffer().byte_length());
        true
    });
    total
}

fn memories(scope: &mut v8::PinScope<'_, '_>) -> Memories {
    if let Some(memories) = scope.get_slot::<Memories>() {
        return memories.clone();
    }
    let context = scope.get_current_context();
    let memories = Memories { known: Rc::default(), context: v8::Global::new(scope, context) };
    scope.set_slot(memories.clone());
    memories
}

fn has_room(scope: &mut v8::PinScope<'_, '_>, more: u64) -> Counted {
    let more = usize::try_from(more).unwrap_or(usize::MAX);
    if !is_over(scope, more) {
        return Counted::Fits;
    }
    scope.low_memory_notification();
    if is_over(scope, more) { Counted::TooMuch } else { Counted::Fits }
}

fn is_over(scope: &mut v8::PinScope<'_, '_>, more: usize) -> bool {
    let Some(account) = scope.get_slot::<MemoryAccount>().cloned() else { return false };
    account.set_wasm(bytes(scope));
    let statistics = scope.get_heap_statistics();
    account.saw_heap(statistics.used_heap_size(), statistics.external_memory())
        || account.hold(more).is_none()
}

#[cfg(test)]
mod tests {
    use super::hidden_bytes;

    /// `(module (memory 1 2) (export "m" (memory 0)))`, and the same without the export, and without a maximum.
    const EXPORTED: &[u8] = b"\0asm\x01\0\0\0\x05\x04\x01\x01\x01\x02\x07\x05\x01\x01m\x02\0";
    const HIDDEN: &[u8] = b"\0asm\x01\0\0\0\x05\x04\x01\x01\x01\x02";
    const WITHOUT_MAXIMUM: &[u8] = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01";

    #[test]
    fn a_memory_that_nobody_sees_counts_with_its_maximum() {
        assert_eq!(hidden_bytes(EXPORTED), 0);
        assert_eq!(hidden_bytes(HIDDEN), 2 * (64 << 10));
        assert_eq!(hidden_bytes(WITHOUT_MAXIMUM), 128 << 20);
        assert_eq!(hidden_bytes(b"no Wasm"), 0);
    }

    #[test]
    fn tens_of_thousands_of_memories_and_their_exports_are_gone_through_once() {
        let (memories, exports) = (50_000, 100_000);
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        let defined: Vec<u8> = [1, 0, 2].repeat(memories);
        section(&mut module, 5, memories, &defined);
        // All exports but for the last name the memory before the last.
        let mut exported = Vec::new();
        for index in 0..exports {
            let name = format!("{index:06}");
            exported.push(6);
            exported.extend_from_slice(name.as_bytes());
            exported.push(2);
            exported.extend(leb128(if index + 1 == exports { memories - 1 } else { memories - 2 }));
        }
        section(&mut module, 7, exports, &exported);
        assert_eq!(hidden_bytes(&module), (memories - 2) * 2 * (64 << 10));
    }

    fn section(module: &mut Vec<u8>, id: u8, count: usize, content: &[u8]) {
        let count = leb128(count);
        module.push(id);
        module.extend(leb128(count.len() + content.len()));
        module.extend(count);
        module.extend_from_slice(content);
    }

    fn leb128(mut number: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let low = u8::try_from(number & 0x7f).expect("seven bits");
            number >>= 7;
            bytes.push(if number == 0 { low } else { low | 0x80 });
            if number == 0 {
                return bytes;
            }
        }
    }
}
