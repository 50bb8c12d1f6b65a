//! What JavaScript says about a heap that is being recorded.

use mote_engine::v8;

use super::{args::string_arg, natives};

natives! { spoilRecording => spoil_recording }

/// What `js/recording.js` may say.
const REASONS: &[&str] = &[
    "it draws random numbers",
    "it looks for WebAssembly",
    "it uses FinalizationRegistry",
    "it reads `env` of `cloudflare:workers`",
    "it reads `process.env`",
];

/// `spoilRecording(reason)`: the heap cannot be used by other isolates.
fn spoil_recording<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let Some(said) = string_arg(scope, &args, 0) else { return };
    let reason = REASONS.iter().find(|reason| **reason == said);
    crate::recording::spoil(reason.unwrap_or(&"it does what cannot be repeated"));
}
