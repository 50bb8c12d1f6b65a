//! How a connection becomes a WebSocket (RFC 6455, 4), as that of a client or of a server.

use std::rc::Rc;

use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use mote_engine::v8;
use mote_wire::{
    http::{Body, ToBinding, UpgradeSlot, empty},
    limits::HEADERS_MAX,
    link::Kind,
};
use tokio_tungstenite::tungstenite::handshake;

use super::{
    args::{fits_a_head, headers_arg, hold_all, id_arg, string_arg, throw_range_error, throw_type_error},
    body::{admit_body, here},
    fetch::{binding_arg, extension, headers_bytes, may_begin},
    natives,
    websocket::{Holds, may_open, open},
    websocket_extensions::{self as extensions, Deflate, Offer},
    websocket_frames::Role,
};
use crate::{
    context::RequestContext,
    op::{self, Failed, Value},
    state::State,
};

natives! {
    webSocketConnect => web_socket_connect,
}

/// The behaviour without which nothing is compressed.
const COMPRESSION: &str = "web_socket_compression";

/// What a client says that asks a worker for a WebSocket.
pub(crate) struct Asked {
    key: HeaderValue,
    /// The extensions that it offers.
    offers: Option<String>,
}

impl Asked {
    pub(crate) fn by(headers: &HeaderMap) -> Option<Self> {
        let key = headers.get(header::SEC_WEBSOCKET_KEY)?.clone();
        Some(Self { key, offers: extensions::named_in(headers) })
    }

    /// Makes `headers`, which are the worker's, those of the answer; gives what is agreed on. `passed_on` is what the socket
    /// that the worker gives to its client has agreed on itself, if it is one from the network.
    pub(super) fn answer(
        &self,
        state: &State,
        headers: &mut HeaderMap,
        passed_on: Option<&str>,
    ) -> Option<Deflate> {
        let own = extensions::named_in(headers);
        headers.remove(header::SEC_WEBSOCKET_EXTENSIONS);
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(accept) = HeaderValue::from_str(&handshake::derive_accept_key(self.key.as_bytes())) {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
        let offers = self.offers.as_deref().filter(|_| state.compatibility.get().is_on(COMPRESSION))?;
        let wanted = own.as_deref().or(passed_on).unwrap_or(offers);
        let (value, deflate) = extensions::answer(offers, wanted)?;
        headers.insert(header::SEC_WEBSOCKET_EXTENSIONS, value);
        Some(deflate)
    }
}

/// Answers an upgrade; the promise gives the socket's number once the client has switched.
pub(super) fn serve<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &Rc<State>,
    context: &Rc<RequestContext>,
    upgrade: UpgradeSlot,
    deflate: Option<Deflate>,
) -> Option<v8::Local<'s, v8::Promise>> {
    let (shared, owner) = (state.clone(), context.clone());
    // The context lives on until the client has come or gone.
    context.opening.set(context.opening.get() + 1);
    let future = async move {
        let io = match upgrade.take() {
            Some(upgrade) => upgrade.0.await,
            None => None,
        };
        let opened = match io {
            Some(io) => open(&shared, &owner, io, Role::Server, Holds::Event, deflate).map(Value::Number),
            None => Err(Failed("the client left before it was a WebSocket".to_owned())),
        };
        owner.opening.set(owner.opening.get().saturating_sub(1));
        opened
    };
    op::start(scope, state, context, future).map(|(promise, _)| promise)
}

/// `webSocketConnect(token, url, headersFlat, protocols, binding | undefined, isRpc) -> Promise<[wsId, status, headersFlat, protocol,
/// bodyId, extensions | undefined]>`; a `wsId` of 0 means that the server answered with something else, and no extensions
/// that the other end is no server of the network, but a worker.
fn web_socket_connect<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    if !may_open(scope, &state) || !may_begin(scope, &context) {
        return;
    }
    let token = id_arg(&args, 0);
    let Some(url) = string_arg(scope, &args, 1) else { return };
    let Some(headers) = headers_arg(scope, args.get(2), "WebSocket") else { return };
    let url = url.strip_prefix("ws").map_or(url.clone(), |rest| format!("http{rest}"));
    let Ok(uri) = url.parse::<Uri>() else {
        throw_type_error(scope, &format!("WebSocket: `{url}` is no URL that can be asked"));
        return;
    };
    let Some(protocols) = texts_of(scope, args.get(3)) else { return };
    let (kind, holds) =
        if args.get(5).is_true() { (Kind::Rpc, Holds::Nothing) } else { (Kind::Fetch, Holds::Event) };
    let binding = binding_arg(scope, &args, 4, kind);
    let connecting = Connecting::new(&state, &context, headers, &protocols, binding);
    let Some(held) = hold_all(scope, headers_bytes(&connecting.headers).saturating_add(url.len())) else {
        return;
    };
    let (shared, owner) = (state.clone(), context.clone());
    let future = async move {
        let result = connecting.connect(&shared, &owner, uri, holds).await;
        drop(held);
        shared.fetches.borrow_mut().remove(&token);
        result
    };
    if let Some((promise, op)) = op::start(scope, &state, &context, future) {
        state.fetches.borrow_mut().insert(token, op);
        rv.set(promise.into());
    }
}

/// A client's side of a handshake.
struct Connecting {
    headers: HeaderMap,
    binding: Option<ToBinding>,
    /// What the server must answer.
    accept: String,
    offer: Option<Offer>,
}

impl Connecting {
    fn new(
        state: &State,
        context: &RequestContext,
        mut headers: HeaderMap,
        protocols: &[String],
        binding: Option<ToBinding>,
    ) -> Self {
        let key = handshake::client::generate_key();
        let accept = handshake::derive_accept_key(key.as_bytes());
        let wanted = extensions::named_in(&headers);
        headers.remove(header::SEC_WEBSOCKET_EXTENSIONS);
        // What goes to another worker does not leave the machine: nobody gains by its being compressed.
        let may_offer = binding.is_none() && state.compatibility.get().is_on(COMPRESSION);
        let offer = wanted.filter(|_| may_offer).and_then(|wanted| extensions::offer(&wanted));
        if let Some(offer) = &offer {
            headers.insert(header::SEC_WEBSOCKET_EXTENSIONS, offer.text.clone());
        }
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        if let Ok(key) = HeaderValue::from_str(&key) {
            headers.insert(header::SEC_WEBSOCKET_KEY, key);
        }
        if !protocols.is_empty()
            && let Ok(value) = HeaderValue::from_str(&protocols.join(", "))
        {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, value);
        }
        context.trail.pass_on(&mut headers);
        context.usage.show_ticket(&mut headers);
        Self { headers, binding, accept, offer }
    }

    async fn connect(
        self,
        state: &Rc<State>,
        context: &Rc<RequestContext>,
        uri: Uri,
        holds: Holds,
    ) -> Result<Value, Failed> {
        let Self { headers, binding, accept, offer } = self;
        let is_network = binding.is_none();
        let mut request: http::Request<Body> = http::Request::new(empty());
        *request.method_mut() = Method::GET;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        request.extensions_mut().extend(extension(binding));
        let connection = context.connections.clone().begin(None).await;
        let result = state.egress.fetch(request).await;
        drop(connection);
        let (mut parts, body) = result.map_err(|error| Failed(format!("WebSocket: {error}")))?.into_parts();
        let accepted =
            parts.headers.get(header::SEC_WEBSOCKET_ACCEPT).is_some_and(|value| value == accept.as_str());
        let slot = parts.extensions.remove::<UpgradeSlot>();
        let mut id = 0;
        let mut extensions = is_network.then(String::new);
        if let (StatusCode::SWITCHING_PROTOCOLS, true, Some(upgrade)) =
            (parts.status, accepted, slot.and_then(|slot| slot.take()))
        {
            let deflate = if is_network {
                let chosen = extensions::named_in(&parts.headers);
                let deflate = extensions::agreed(offer.as_ref(), chosen.as_deref());
                extensions = Some(chosen.unwrap_or_default());
                deflate.map_err(|what| Failed(format!("WebSocket: {what}")))?
            } else {
                None
            };
            if let Some(io) = upgrade.0.await {
                id = open(state, context, io, Role::Client, holds, deflate)?;
            }
        }
        let protocol =
            parts.headers.get(header::SEC_WEBSOCKET_PROTOCOL).and_then(|value| value.to_str().ok());
        let protocol = protocol.unwrap_or("").to_owned();
        let body = if id == 0 { admit_body(state, context, body, None) } else { 0 };
        Ok(Value::List(vec![
            Value::Number(id),
            Value::Number(parts.status.as_u16().into()),
            Value::Headers(parts.headers),
            Value::Text(protocol),
            Value::Number(body),
            extensions.map_or(Value::Undefined, Value::Text),
        ]))
    }
}

/// The texts of a list; none if it is no list. Throws and gives `None` if they are more than a head may have.
fn texts_of(scope: &mut v8::PinScope<'_, '_>, value: v8::Local<'_, v8::Value>) -> Option<Vec<String>> {
    let Ok(list) = value.try_cast::<v8::Array>() else { return Some(Vec::new()) };
    if list.length() as usize > HEADERS_MAX || !fits_a_head(scope, list) {
        throw_range_error(scope, "WebSocket: the protocols are too many, or too long");
        return None;
    }
    let texts =
        (0..list.length()).filter_map(|at| Some(list.get_index(scope, at)?.to_rust_string_lossy(scope)));
    Some(texts.collect())
}
