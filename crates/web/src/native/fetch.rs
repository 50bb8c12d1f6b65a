//! Natives of `fetch`: one hop at a time; redirects are JavaScript's.

use std::rc::Rc;

use http::{HeaderValue, Method, Uri, header};
use mote_engine::v8;
use mote_wire::http::{Body, empty, full};

use super::{
    args::{content_of, headers_of, id_arg, string_arg, throw_type_error},
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

/// Codings that Mote asks for when the worker does not say which it wants.
const ACCEPT_ENCODING: HeaderValue = HeaderValue::from_static("gzip, deflate, br, zstd");

/// `fetchStart(token, method, url, headersFlat, body) -> Promise<[status, statusText, headersFlat, bodyId | 0]>`
fn fetch_start<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    let token = id_arg(&args, 0);
    let Some(request) = request_of(scope, &context, &args) else { return };
    let response = state.egress.fetch(request);
    let (owner, shared) = (context.clone(), state.clone());
    let future = async move {
        let result = response.await;
        shared.fetches.borrow_mut().remove(&token);
        let (parts, body) = result.map_err(|error| Failed(format!("fetch failed: {error}")))?.into_parts();
        let encoding = Encoding::of(&parts.headers);
        let body = admit_body(&shared, &owner, body, encoding);
        let reason = parts.status.canonical_reason().unwrap_or("").to_owned();
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

/// The request that the arguments of `fetchStart` describe; throws if they describe none.
fn request_of(
    scope: &mut v8::PinScope<'_, '_>,
    context: &Rc<RequestContext>,
    args: &v8::FunctionCallbackArguments<'_>,
) -> Option<http::Request<Body>> {
    let (method, url) = (string_arg(scope, args, 1)?, string_arg(scope, args, 2)?);
    let (Ok(method), Ok(uri)) = (Method::from_bytes(method.as_bytes()), url.parse::<Uri>()) else {
        throw_type_error(scope, &format!("fetch: `{method} {url}` is no request that HTTP allows"));
        return None;
    };
    let Some(mut headers) = headers_of(scope, args.get(3)) else {
        throw_type_error(scope, "fetch: a header has a name or a value that HTTP does not allow");
        return None;
    };
    let value = args.get(4);
    let body = if value.is_null_or_undefined() {
        empty()
    } else if let Ok(id) = value.try_cast::<v8::Uint32>() {
        let encoding = Encoding::of(&headers);
        let Some(body) = take_body(context, id.value()).and_then(|body| body.into_outgoing(encoding)) else {
            throw_type_error(scope, "fetch: the body was already used, or belongs to another request");
            return None;
        };
        body
    } else if let Some(content) = content_of(scope, value) {
        headers.remove(header::CONTENT_LENGTH);
        full(content)
    } else {
        throw_type_error(scope, "fetch: the body is neither text nor bytes");
        return None;
    };
    headers.entry(header::ACCEPT_ENCODING).or_insert(ACCEPT_ENCODING);
    headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    // What belongs to one connection is the connection's to say.
    for name in [header::HOST, header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE, header::TE] {
        headers.remove(name);
    }
    let mut request = http::Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Some(request)
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
