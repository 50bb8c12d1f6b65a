//! Natives: the Rust functions that the platform's JavaScript calls.
//!
//! Every argument comes from a tenant in the end: a native checks all of them and throws, it never panics.

pub(crate) mod args;
pub(crate) mod async_frame;
mod base64;
mod body;
mod buffer;
mod bundle;
mod compatibility;
mod compression;
mod crypto;
mod encoding;
mod event;
mod fetch;
mod html_rewriter;
mod inspect;
mod lazy;
mod recording;
pub(crate) mod resource;
mod room;
mod sockets;
mod structured_clone;
mod timer;
mod url;
mod url_pattern;
mod wasm;
mod websocket;
mod websocket_deflate;
mod websocket_extensions;
mod websocket_frames;
mod websocket_handshake;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub(crate) use body::admit_body;
pub(crate) use compression::brotli_window_bytes;
pub(crate) use mote_engine::Native;
pub(crate) use sockets::Socket as TcpSocket;
pub(crate) use websocket::{Holds, Socket};
pub(crate) use websocket_handshake::Asked as WebSocketAsked;

/// Lists a file's natives: `natives! { jsName => rust_function }` makes the function `natives()`.
macro_rules! natives {
    ($($name:ident => $function:ident),* $(,)?) => {
        /// This file's natives, by the names that JavaScript calls them by.
        pub(super) fn natives() -> Vec<mote_engine::Native> {
            use mote_engine::v8::MapFnTo as _;
            vec![$({
                fn contained<'s>(
                    scope: &mut mote_engine::v8::PinScope<'s, '_>,
                    args: mote_engine::v8::FunctionCallbackArguments<'s>,
                    rv: mote_engine::v8::ReturnValue<'s>,
                ) {
                    crate::native::contain(scope, stringify!($name), |scope| $function(scope, args, rv));
                }
                mote_engine::Native { name: stringify!($name), callback: contained.map_fn_to() }
            }),*]
        }
    };
}
pub(crate) use natives;

/// Runs a native. A panic of it is a mistake of ours, and must not take the process with all its tenants along: it becomes
/// an exception of the one whose code has called it.
fn contain<'s, 'i>(
    scope: &mut mote_engine::v8::PinScope<'s, 'i>,
    name: &'static str,
    native: impl FnOnce(&mut mote_engine::v8::PinScope<'s, 'i>),
) {
    crate::recording::note(name);
    // It may hold what others need, so V8 is not left while it runs.
    let _ground = mote_engine::leave::closed();
    // What a native borrows of the isolate's state is given back on the way out.
    let outcome = catch_unwind(AssertUnwindSafe(|| native(scope)));
    if outcome.is_err() {
        args::throw_error(scope, &format!("a mistake of Mote's own, in `{name}`: please report it"));
    }
}

/// All natives, in the order that the snapshot knows them by.
#[must_use]
pub fn all() -> Vec<Native> {
    [
        async_frame::natives(),
        base64::natives(),
        body::natives(),
        buffer::natives(),
        bundle::natives(),
        compatibility::natives(),
        compression::natives(),
        crypto::natives(),
        crypto::natives_with_keys(),
        encoding::natives(),
        event::natives(),
        fetch::natives(),
        html_rewriter::natives(),
        inspect::natives(),
        lazy::natives(),
        recording::natives(),
        room::natives(),
        sockets::natives(),
        structured_clone::natives(),
        timer::natives(),
        url::natives(),
        url_pattern::natives(),
        wasm::natives(),
        websocket::natives(),
        websocket_handshake::natives(),
    ]
    .concat()
}
