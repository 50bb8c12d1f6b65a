//! Natives of an event: its answer, its `waitUntil` work, the console, the clock.

use std::rc::Rc;

use http::{HeaderMap, StatusCode, header};
use mote_engine::{JsError, v8};
use mote_wire::{
    http::{Body, UpgradeSlot, empty, full},
    limits::HEADERS_MAX,
    link::ReasonPhrase,
};

use super::{
    args::{
        headers_arg, headers_list, id_arg, kept_content, new_string, string_arg, throw_range_error,
        throw_type_error, utf8_of,
    },
    body::take_body,
    natives, websocket, websocket_handshake,
};
use crate::{
    body::Encoding,
    context::{Answer, Failure, RequestContext},
    runtime::LogLevel,
    state::State,
};

natives! {
    requestHeaders => request_headers,
    requestHeader => request_header,
    requestCf => request_cf,
    keepForEvent => keep_for_event,
    condemn => condemn,
    respond => respond,
    respondWebSocket => respond_web_socket,
    fail => fail,
    done => done,
    currentEvent => current_event,
    waitUntilBegin => wait_until_begin,
    waitUntilEnd => wait_until_end,
    reportException => report_exception,
    consoleWrite => console_write,
    isReadAlong => is_read_along,
    inspectorAttached => inspector_attached,
    now => now,
    timeOrigin => time_origin,
}

/// The context that an event's number names; throws if the event is over or another's.
fn event(
    scope: &mut v8::PinScope<'_, '_>,
    args: &v8::FunctionCallbackArguments<'_>,
) -> Option<(Rc<State>, Rc<RequestContext>)> {
    let state = State::of(scope)?;
    let context = state.context(id_arg(args, 0));
    if context.is_none() {
        throw_type_error(
            scope,
            "This event is over: its request and its I/O objects cannot be used any more.",
        );
    }
    Some((state, context?))
}

fn request_headers<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((_, context)) = event(scope, &args) else { return };
    let list = headers_list(scope, &context.headers.borrow());
    if let Some(list) = list {
        rv.set(list.into());
    }
}

/// `requestHeader(eventId, name) -> string | undefined`: one header, combined if there are several of the name.
fn request_header<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((_, context)) = event(scope, &args) else { return };
    let Some(name) = string_arg(scope, &args, 1) else { return };
    let headers = context.headers.borrow();
    let mut values = headers.get_all(name.as_str()).iter();
    let Some(first) = values.next() else { return };
    let mut combined = first.as_bytes().to_vec();
    for value in values {
        combined.extend_from_slice(b", ");
        combined.extend_from_slice(value.as_bytes());
    }
    if let Some(value) = v8::String::new_from_one_byte(scope, &combined, v8::NewStringType::Normal) {
        rv.set(value.into());
    }
}

/// `requestCf(eventId) -> text | undefined`: what is known of the client's connection, as [`mote_wire::link::CF`] has it.
fn request_cf<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((_, context)) = event(scope, &args) else { return };
    let said = context.cf.borrow().clone();
    let text = said.as_ref().and_then(|said| new_string(scope, &String::from_utf8_lossy(said.as_bytes())));
    if let Some(text) = text {
        rv.set(text.into());
    }
}

/// `condemn()`: the isolate takes no new events.
fn condemn<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    _args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let runtime = State::of(scope).and_then(|state| state.runtime.borrow().upgrade());
    if let Some(runtime) = runtime {
        runtime.condemn();
    }
}

/// `keepForEvent(eventId)`: JavaScript keeps something of the event's until `endEvent`.
fn keep_for_event<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    if let Some(context) = State::of(scope).and_then(|state| state.context(id_arg(&args, 0))) {
        context.kept.set(true);
    }
}

/// `respond(eventId, status, statusText, headersFlat | null, body, encode)`
fn respond<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = event(scope, &args) else { return };
    let Some(mut headers) = headers_arg(scope, args.get(3), "Response") else { return };
    if is_too_large(scope, &state, &headers) {
        return;
    }
    let status = u16::try_from(id_arg(&args, 1)).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let Some(status) = status else {
        throw_type_error(scope, "the response's status is none");
        return;
    };
    let coding = if args.get(5).is_false() { Coding::AsItIs } else { Coding::As(Encoding::of(&headers)) };
    let Some(body) = response_body(scope, &state, &context, args.get(4), &mut headers, coding) else {
        return;
    };
    let mut response = http::Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    let Ok(reason) = reason_phrase(scope, args.get(2), status) else { return };
    if let Some(reason) = reason {
        response.extensions_mut().insert(reason);
    }
    context.answer(Answer::Response(response));
    state.touch(context.id);
}

/// Throws if a response's headers are more than they may be.
fn is_too_large(scope: &mut v8::PinScope<'_, '_>, state: &State, headers: &HeaderMap) -> bool {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let kib_max = state.limits.response_head_kib;
    let too_large = bytes as u64 > kib_max << 10 || headers.len() > HEADERS_MAX;
    if too_large {
        let text = format!(
            "The response's headers are too large: {kib_max} KiB and {HEADERS_MAX} headers are the most."
        );
        throw_range_error(scope, &text);
    }
    too_large
}

/// What is done about a response's `content-encoding`.
#[derive(Clone, Copy)]
enum Coding {
    /// The worker has encoded the body itself (`encodeBody: "manual"`).
    AsItIs,
    /// The bytes go out in the coding that the header names.
    As(Option<Encoding>),
}

fn response_body<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &Rc<State>,
    context: &Rc<RequestContext>,
    value: v8::Local<'s, v8::Value>,
    headers: &mut HeaderMap,
    coding: Coding,
) -> Option<Body> {
    if value.is_null_or_undefined() {
        return Some(empty());
    }
    if value.is_number() {
        let id = value.try_cast::<v8::Uint32>().map_or(0, |id| id.value());
        context.response_pipe.set(id);
        let Some(body) = take_body(context, id) else {
            throw_type_error(scope, "the response's body was already used, or belongs to another request");
            return None;
        };
        return match coding {
            Coding::AsItIs => body.into_raw(),
            Coding::As(encoding) if body.encoding() == encoding => body.into_raw(),
            Coding::As(encoding) => {
                // The length changes with it.
                headers.remove(header::CONTENT_LENGTH);
                body.into_outgoing(&state.coder(context), encoding)
            }
        };
    }
    let content = kept_content(scope, value, "the response's body is neither text nor bytes")?;
    // The length is what the bytes say, not what the worker claims.
    headers.remove(header::CONTENT_LENGTH);
    Some(match coding {
        Coding::AsItIs => full(content),
        Coding::As(None) => full(content),
        Coding::As(Some(encoding)) => state.coder(context).encode(full(content), encoding),
    })
}

/// The longest status text.
const STATUS_TEXT_MAX: usize = 4 << 10;

/// An exception was thrown.
struct Thrown;

/// The status text, if it says more than the status does; throws if it is too long.
fn reason_phrase<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    value: v8::Local<'s, v8::Value>,
    status: StatusCode,
) -> Result<Option<ReasonPhrase>, Thrown> {
    let Ok(text) = value.try_cast::<v8::String>() else { return Ok(None) };
    if text.length() > STATUS_TEXT_MAX {
        let most =
            format!("The response's statusText is too long: {STATUS_TEXT_MAX} characters are the most.");
        throw_range_error(scope, &most);
        return Err(Thrown);
    }
    let text = utf8_of(scope, text);
    let is_own = !text.is_empty() && status.canonical_reason().map(str::as_bytes) != Some(text.as_slice());
    Ok(is_own.then(|| ReasonPhrase(text.into())))
}

/// `respondWebSocket(eventId, status, headersFlat | null, extensions | undefined) -> Promise<wsId>`
fn respond_web_socket<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = event(scope, &args) else { return };
    if !websocket::may_open(scope, &state) {
        return;
    }
    let (upgrade, asked) = (context.upgrade.take(), context.websocket.take());
    let (Some(upgrade), Some(asked)) = (upgrade, asked) else {
        throw_type_error(
            scope,
            "a response with a webSocket answers only a request with `Upgrade: websocket`",
        );
        return;
    };
    let Some(mut headers) = headers_arg(scope, args.get(2), "Response") else { return };
    if is_too_large(scope, &state, &headers) {
        return;
    }
    let passed_on = if args.get(3).is_undefined() { None } else { string_arg(scope, &args, 3) };
    let deflate = asked.answer(&state, &mut headers, passed_on.as_deref());
    let mut response = http::Response::new(empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *response.headers_mut() = headers;
    context.answer(Answer::Response(response));
    if let Some(promise) =
        websocket_handshake::serve(scope, &state, &context, UpgradeSlot::new(upgrade), deflate)
    {
        rv.set(promise.into());
    }
}

/// `fail(eventId, error)`
fn fail<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    // First of all: nothing is held yet.
    let error = JsError::from_value_openly(scope, args.get(1));
    let Some(state) = State::of(scope) else { return };
    let Some(context) = state.context(id_arg(&args, 0)) else { return };
    context.answer(Answer::Failed(Failure::Exception(error)));
    state.touch(context.id);
}

/// `done(eventId)`: an event that answers nothing has been handled.
fn done<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let Some(state) = State::of(scope) else { return };
    if let Some(context) = state.context(id_arg(&args, 0)) {
        context.answer(Answer::Done);
        state.touch(context.id);
    }
}

/// `currentEvent() -> number`: the event that the running code belongs to; 0 outside of events.
fn current_event<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    _args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let context = State::of(scope).and_then(|state| state.current(scope));
    rv.set_uint32(context.map_or(0, |context| context.id));
}

fn wait_until_begin<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let Some((_, context)) = event(scope, &args) else { return };
    context.wait_until.set(context.wait_until.get().saturating_add(1));
}

fn wait_until_end<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let Some(state) = State::of(scope) else { return };
    let Some(context) = state.context(id_arg(&args, 0)) else { return };
    context.wait_until.set(context.wait_until.get().saturating_sub(1));
    state.touch(context.id);
}

fn report_exception<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    // First of all: nothing is held yet.
    let error = JsError::from_value_openly(scope, args.get(0));
    let Some(state) = State::of(scope) else { return };
    state.uncaught(state.current(scope).as_deref(), &error);
}

/// `isReadAlong() -> boolean`: whether somebody reads what the running event prints.
fn is_read_along<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    _args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let context = State::of(scope).and_then(|state| state.current(scope));
    rv.set_bool(context.is_some_and(|context| context.usage.journal().is_some()));
}

/// `consoleWrite(level, text, message | undefined)`; the message is what was printed, as a JSON array.
fn console_write<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let (Some(state), Some(level)) = (State::of(scope), string_arg(scope, &args, 0)) else { return };
    let Some(text) = string_arg(scope, &args, 1) else { return };
    let level = match level.as_str() {
        "debug" => LogLevel::Debug,
        "info" => LogLevel::Info,
        "warn" => LogLevel::Warn,
        "error" => LogLevel::Error,
        _ => LogLevel::Log,
    };
    // Console output may hold stacks of errors that were caught and printed. What is longer than the log is cut, and is none.
    let may_be_stack = text.len() as u64 <= state.limits.log_kib << 10;
    let maps = scope.get_slot::<mote_engine::source_map::SourceMaps>().filter(|_| may_be_stack);
    let mapped = maps.map(|maps| maps.remap(&text));
    let text = mapped.as_deref().unwrap_or(&text);
    let message = if args.get(2).is_string() { string_arg(scope, &args, 2) } else { None };
    state.log_message(state.current(scope).as_deref(), level, text, message.as_deref());
}

fn inspector_attached<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    _args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    rv.set_bool(State::of(scope).is_some_and(|state| state.inspected.get()));
}

fn now<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    _args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    rv.set_double(State::of(scope).map_or(0.0, |state| state.now_ms.get()));
}

fn time_origin<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    _args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    rv.set_double(State::of(scope).map_or(0.0, |state| state.started_ms));
}
