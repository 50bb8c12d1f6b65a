//! What a tenant's code threw, as text that is safe to keep after the turn.

use crate::{leave, source_map::SourceMaps, v8};

/// A thrown value, or a rejection's reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JsError {
    /// One line, such as `TypeError: x is not a function`.
    pub message: String,
    /// `message` and the stack below it, mapped to the sources where maps are known.
    pub stack: String,
}

/// Longest text kept of one error. A tenant chooses it, so it has a bound.
const TEXT_BYTES_MAX: usize = 16 << 10;

impl JsError {
    /// An error that Mote itself states, without a stack.
    #[must_use]
    pub fn plain(message: impl Into<String>) -> Self {
        let message = message.into();
        Self { stack: message.clone(), message }
    }

    /// The same as [`Self::from_value`], for whoever holds nothing meanwhile: V8 may be left in one of the getters
    /// ([`leave::open`]).
    pub fn from_value_openly<'s>(scope: &mut v8::PinScope<'s, '_>, value: v8::Local<'s, v8::Value>) -> Self {
        let _ground = leave::open();
        Self::from_value(scope, value)
    }

    /// Reads a thrown value. It may run getters of the tenant's, so call it within the turn.
    pub fn from_value<'s>(scope: &mut v8::PinScope<'s, '_>, value: v8::Local<'s, v8::Value>) -> Self {
        v8::tc_scope!(let scope, scope);
        let mut message = describe(scope, value);
        let mut stack =
            if value.is_native_error() || value.is_object() { stack_of(scope, value) } else { None };
        let position = v8::Exception::create_message(scope, value);
        if stack.is_none() {
            stack = position_of(scope, position).map(|at| format!("{message}\n    at {at}"));
        } else if value.is_native_error() && message.starts_with("SyntaxError") {
            // A syntax error's stack does not say where it is; V8's message does.
            if let Some(at) = position_of(scope, position) {
                stack = Some(format!("{message}\n    at {at}"));
            }
        }
        truncate(&mut message);
        let mut stack = stack.unwrap_or_else(|| message.clone());
        stack = without_platform_frames(&stack);
        if let Some(maps) = scope.get_slot::<SourceMaps>() {
            stack = maps.remap(&stack);
        }
        truncate(&mut stack);
        Self { message, stack }
    }
}

/// Throws an `Error`.
pub(crate) fn throw(scope: &mut v8::PinScope<'_, '_>, text: &str) {
    if let Some(message) = v8::String::new(scope, text) {
        let error = v8::Exception::error(scope, message);
        scope.throw_exception(error);
    }
}

/// A stack without the frames of the platform's own JavaScript: they tell a worker's author nothing.
fn without_platform_frames(stack: &str) -> String {
    let own = |line: &&str| !(line.trim_start().starts_with("at ") && line.contains("mote:"));
    stack.lines().filter(own).collect::<Vec<_>>().join("\n")
}

fn truncate(text: &mut String) {
    if text.len() > TEXT_BYTES_MAX {
        let cut = (0..=TEXT_BYTES_MAX).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(cut);
        text.push_str(" …");
    }
}

fn describe<'s>(scope: &mut v8::PinScope<'s, '_>, value: v8::Local<'s, v8::Value>) -> String {
    if (value.is_symbol() || !(value.is_object()) || value.is_native_error())
        && let Some(text) = value.to_detail_string(scope)
    {
        return text_of(scope, text);
    }
    if let Some(object) = value.to_object(scope) {
        let (name, message) = (property(scope, object, "name"), property(scope, object, "message"));
        if let (Some(name), Some(message)) = (name, message) {
            return format!("{name}: {message}");
        }
        if let Some(json) = v8::json::stringify(scope, value) {
            return text_of(scope, json);
        }
    }
    "a value that cannot be shown was thrown".to_owned()
}

fn property<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    object: v8::Local<'s, v8::Object>,
    name: &str,
) -> Option<String> {
    let key = v8::String::new(scope, name)?;
    let value = object.get(scope, key.into())?;
    value.try_cast::<v8::String>().ok().map(|text| text_of(scope, text))
}

/// The beginning of a string, a little more of it than is kept.
fn text_of(scope: &mut v8::PinScope<'_, '_>, text: v8::Local<'_, v8::String>) -> String {
    let mut bytes = vec![0; text.length().min(TEXT_BYTES_MAX).saturating_mul(3)];
    let written = text.write_utf8_v2(scope, &mut bytes, v8::WriteFlags::kReplaceInvalidUtf8, None);
    bytes.truncate(written);
    String::from_utf8(bytes).unwrap_or_default()
}

fn stack_of<'s>(scope: &mut v8::PinScope<'s, '_>, value: v8::Local<'s, v8::Value>) -> Option<String> {
    let object = value.to_object(scope)?;
    let mut stack = property(scope, object, "stack")?;
    // The causes belong to the story; a chain that points at itself must not go on for ever.
    let mut current = object;
    for _ in 0..4 {
        let key = v8::String::new(scope, "cause")?;
        let Some(cause) = current.get(scope, key.into()).filter(|cause| cause.is_native_error()) else {
            break;
        };
        let Some(cause) = cause.to_object(scope) else { break };
        if let Some(text) = property(scope, cause, "stack") {
            stack.push_str("\nCaused by: ");
            stack.push_str(&text);
        }
        current = cause;
    }
    Some(stack)
}

fn position_of<'s>(scope: &mut v8::PinScope<'s, '_>, message: v8::Local<'s, v8::Message>) -> Option<String> {
    let name = message.get_script_resource_name(scope)?;
    let name = name.to_rust_string_lossy(scope);
    let line = message.get_line_number(scope)?;
    Some(format!("{name}:{line}:{}", message.get_start_column().saturating_add(1)))
}
