//! V8 itself: the platform, isolates, modules, the startup snapshot, the code cache, termination, the inspector.
//!
//! What this room does: it turns V8's C++ rules into Rust types, so that the rooms above cannot break them. It knows
//! nothing of HTTP, of events or of workers.
//!
//! Invariants:
//! - V8 is initialised once, on the main thread, before any other thread exists ([`platform::initialize`]): V8 protects
//!   its code with memory keys that threads born earlier do not hold.
//! - An [`Isolate`] belongs to one thread for life. Between turns no isolate is entered, so isolates of one thread can
//!   be made and dropped in any order.
//! - JavaScript runs only inside [`Isolate::turn`], which a [`watchdog`] observes; a turn that is stopped is reported
//!   as [`Turn::Stopped`], never as a value.
//! - V8 runs on the stack of its thread alone; on the stack of a [`fiber`] it never does.
//!
//! What happens when it fails: whatever a tenant's code does ends in a [`JsError`] or a [`Stop`]. A heap that reaches its
//! limit stops the turn; it does not abort the process (see [`heap`]).
#![allow(unsafe_code, reason = "this room talks to V8")]

pub mod attached;
pub mod base64;
#[cfg(not(feature = "hardened"))]
pub mod buffers;
#[cfg(feature = "hardened")]
#[path = "buffers_hardened.rs"]
pub mod buffers;
pub mod error;
#[cfg(feature = "escape-hook")]
mod escape;
pub mod fiber;
pub mod heap;
pub mod inspector;
mod isolate;
mod jump;
pub mod lazy;
pub mod leave;
pub mod memory;
pub mod meter;
pub mod modules;
mod nudge;
mod packed_heap;
pub mod platform;
pub mod program;
pub mod rejections;
pub mod snapshot;
pub mod source_map;
mod sources;
pub mod strings;
pub mod wasm_memory;
pub mod watchdog;

pub use error::JsError;
pub use isolate::{
    Condemned, HeapUse, Isolate, IsolateOptions, Ran, Ready, Stop, Terminator, Turn, drain_microtasks,
};
pub use packed_heap::{PackedHeap, UNPACKED_BYTES_MAX, Unpack};
pub use snapshot::{Native, NotADescendant, Snapshot};
/// The `v8` crate, for the rooms that write natives. Only this room names it as a dependency.
pub use v8;
