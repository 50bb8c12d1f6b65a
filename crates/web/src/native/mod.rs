//! Natives: the Rust functions that the platform's JavaScript calls.
//!
//! Every argument comes from a tenant in the end: a native checks all of them and throws, it never panics.

pub(crate) mod args;
mod base64;
mod body;
mod compression;
mod crypto;
mod encoding;
mod event;
mod fetch;
mod inspect;
pub(crate) mod resource;
mod structured_clone;
mod timer;
mod url;
mod websocket;
mod websocket_io;

pub(crate) use body::admit_body;
pub use event::ReasonPhrase;
pub(crate) use mote_engine::Native;
pub(crate) use websocket::Socket;

/// Lists a file's natives: `natives! { jsName => rust_function }` makes the function `natives()`.
macro_rules! natives {
    ($($name:ident => $function:ident),* $(,)?) => {
        /// This file's natives, by the names that JavaScript calls them by.
        pub(super) fn natives() -> Vec<mote_engine::Native> {
            use mote_engine::v8::MapFnTo as _;
            vec![$(mote_engine::Native { name: stringify!($name), callback: $function.map_fn_to() }),*]
        }
    };
}
pub(crate) use natives;

/// All natives, in the order that the snapshot knows them by.
#[must_use]
pub fn all() -> Vec<Native> {
    [
        base64::natives(),
        body::natives(),
        compression::natives(),
        crypto::natives(),
        encoding::natives(),
        event::natives(),
        fetch::natives(),
        inspect::natives(),
        structured_clone::natives(),
        timer::natives(),
        url::natives(),
        websocket::natives(),
    ]
    .concat()
}
