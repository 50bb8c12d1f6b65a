//! Natives of `fetch`: one hop at a time; redirects are JavaScript's.

use std::{
    rc::Rc,
    sync::{Arc, atomic::AtomicU64},
};

use http::{HeaderMap, HeaderValue, Method, Uri, header};
use mote_engine::v8;
use mote_wire::{
    http::{Body, ToBinding, empty, full},
    link::{Kind, ReasonPhrase},
};

use super::{
    args::{headers_arg, hold_all, id_arg, kept_content, string_arg, throw_error, throw_type_error},
    body::{admit_body, here, take_body},
    natives,
};
use crate::{
    body::Encoding,
    context::RequestContext,
    op::{self, Failed, Value},
    state::State,
};

natives! {
    fetchStart => fetch_start,
    fetchAbort => fetch_abort,
}

/// Why a subrequest was given up.
const DEADLOCK: &str = "fetch failed: it was given up, because the event's connections waited for each other: the body of \
                        this request stood still while other subrequests waited for its connection";

/// Codings that Mote asks for when the worker does not say which it wants.
const ACCEPT_ENCODING: HeaderValue = HeaderValue::from_static("gzip, deflate, br, zstd");

/// The longest method of a request. The longest that has a name in HTTP's registry has 17 characters.
const METHOD_MAX: usize = 256;

/// `fetchStart(token, method, url, headersFlat, body, binding | undefined) -> Promise<[status, statusText, headersFlat, bodyId | 0]>`
fn fetch_start<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    let token = id_arg(&args, 0);
    let Some((request, written)) = request_of(scope, &state, &context, &args) else { return };
    if !may_begin(scope, &context) {
        return;
    }
    // An event may begin thousands that all wait for their turn.
    let Some(held) = hold_all(scope, head_bytes(&request)) else { return };
    let (owner, shared) = (context.clone(), state.clone());
    let future = async move {
        let connection = owner.connections.clone().begin(written).await;
        let result = tokio::select! {
            biased;
            response = shared.egress.fetch(request) => response.map_err(|error| Failed(format!("fetch failed: {error}"))),
            () = connection.given_up() => Err(Failed(DEADLOCK.to_owned())),
        };
        drop((connection, held));
        shared.fetches.borrow_mut().remove(&token);
        let (parts, body) = result?.into_parts();
        let encoding = Encoding::of(&parts.headers);
        let body = admit_body(&shared, &owner, body, encoding);
        let reason = match parts.extensions.get::<ReasonPhrase>() {
            // Its bytes are characters, as those of headers are.
            Some(ReasonPhrase(text)) => text.iter().copied().map(char::from).collect(),
            None => parts.status.canonical_reason().unwrap_or("").to_owned(),
        };
        Ok(Value::List(vec![
            Value::Number(parts.status.as_u16().into()),
            Value::Text(reason),
            Value::Headers(parts.headers),
            Value::Number(body),
        ]))
    };
    if let Some((promise, op)) = op::start(scope, &state, &context, future) {
        state.fetches.borrow_mut().insert(token, op);
        rv.set(promise.into());
    }
}

/// What a request's head takes, about.
fn head_bytes(request: &http::Request<Body>) -> usize {
    let uri = request.uri();
    let host = uri.authority().map_or(0, |authority| authority.as_str().len());
    host + uri.path().len() + uri.query().map_or(0, str::len) + headers_bytes(request.headers())
}

pub(super) fn headers_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

/// Counts a subrequest; throws and gives false if the event may begin no more.
pub(super) fn may_begin(scope: &mut v8::PinScope<'_, '_>, context: &RequestContext) -> bool {
    let may = context.usage.begin_subrequest();
    if !may {
        let max = context.usage.limits().subrequests;
        throw_error(scope, &format!("Too many subrequests: one event may begin {max}, redirects included."));
    }
    may
}

/// A request, and the count of its body's bytes if the worker writes it.
type Outgoing = (http::Request<Body>, Option<Arc<AtomicU64>>);

/// The request that the arguments of `fetchStart` describe; throws if they describe none.
fn request_of(
    scope: &mut v8::PinScope<'_, '_>,
    state: &Rc<State>,
    context: &Rc<RequestContext>,
    args: &v8::FunctionCallbackArguments<'_>,
) -> Option<Outgoing> {
    if args.get(1).try_cast::<v8::String>().is_ok_and(|method| method.length() > METHOD_MAX) {
        throw_type_error(
            scope,
            &format!("fetch: the method is too long: {METHOD_MAX} characters are the most"),
        );
        return None;
    }
    let (method, url) = (string_arg(scope, args, 1)?, string_arg(scope, args, 2)?);
    let (Ok(method), Ok(uri)) = (Method::from_bytes(method.as_bytes()), url.parse::<Uri>()) else {
        throw_type_error(scope, &format!("fetch: `{method} {url}` is no request that HTTP allows"));
        return None;
    };
    let mut headers = headers_arg(scope, args.get(3), "fetch")?;
    let value = args.get(4);
    let mut written = None;
    let body = if value.is_null_or_undefined() {
        empty()
    } else if let Ok(id) = value.try_cast::<v8::Uint32>() {
        let encoding = Encoding::of(&headers);
        let body = take_body(context, id.value());
        written = body.as_ref().and_then(|body| body.written.clone());
        let Some(body) = body.and_then(|body| body.into_outgoing(&state.coder(context), encoding)) else {
            throw_type_error(scope, "fetch: the body was already used, or belongs to another request");
            return None;
        };
        body
    } else {
        headers.remove(header::CONTENT_LENGTH);
        full(kept_content(scope, value, "fetch: the body is neither text nor bytes")?)
    };
    let binding = binding_arg(scope, args, 5, Kind::Fetch);
    if binding.is_none() {
        headers.entry(header::ACCEPT_ENCODING).or_insert(ACCEPT_ENCODING);
        headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    }
    // What belongs to one connection is the connection's to say.
    for name in [header::HOST, header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE, header::TE] {
        headers.remove(name);
    }
    context.trail.pass_on(&mut headers);
    context.usage.show_ticket(&mut headers);
    let mut request = http::Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    request.extensions_mut().extend(extension(binding));
    Some((request, written))
}

/// The binding that a request is for, if the argument names one.
pub(super) fn binding_arg(
    scope: &mut v8::PinScope<'_, '_>,
    args: &v8::FunctionCallbackArguments<'_>,
    index: i32,
    kind: Kind,
) -> Option<ToBinding> {
    let name = args.get(index).try_cast::<v8::String>().ok()?;
    Some(ToBinding { name: name.to_rust_string_lossy(scope), kind })
}

/// What tells the way out where a request goes.
pub(super) fn extension(binding: Option<ToBinding>) -> http::Extensions {
    let mut extensions = http::Extensions::new();
    if let Some(binding) = binding {
        extensions.insert(binding);
    }
    extensions
}

/// `fetchAbort(token)`
fn fetch_abort<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let Some(state) = State::of(scope) else { return };
    let Some(op) = state.fetches.borrow_mut().remove(&id_arg(&args, 0)) else { return };
    if let Some(context) = state.current(scope)
        && let Some(task) = context.ops.borrow_mut().remove(&op)
    {
        task.abort();
    }
}
