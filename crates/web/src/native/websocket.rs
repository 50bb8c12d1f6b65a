//! WebSockets (RFC 6455): frames are tungstenite's, everything a worker sees is JavaScript's.

use std::{cell::Cell, rc::Rc};

use futures_util::{SinkExt, StreamExt, stream::SplitStream};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use mote_engine::v8;
use mote_wire::http::{Duplex, UpgradeSlot, empty};
use tokio::sync::{Mutex, mpsc};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message,
        error::ProtocolError,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{
    args::{bytes_of, headers_of, id_arg, string_arg, throw_type_error},
    body::{admit_body, here},
    natives,
};
use crate::{
    context::RequestContext,
    op::{self, Failed, Value},
    state::State,
};

natives! {
    webSocketConnect => web_socket_connect,
    wsSend => ws_send,
    wsClose => ws_close,
    wsReceive => ws_receive,
    wsBuffered => ws_buffered,
}

/// Longest message, as Workers have it.
const MESSAGE_BYTES_MAX: usize = 32 << 20;
/// What may wait to be sent before the worker is told that it sends too fast.
const BUFFERED_BYTES_MAX: usize = 64 << 20;

type Stream = WebSocketStream<Box<dyn Duplex>>;

/// An open WebSocket of a request context.
pub(crate) struct Socket {
    outgoing: mpsc::UnboundedSender<Message>,
    incoming: Rc<Mutex<SplitStream<Stream>>>,
    buffered: Rc<Cell<usize>>,
}

/// Turns a connection into a WebSocket of `context`; gives its number.
#[expect(clippy::disallowed_methods, reason = "the queue is bounded in bytes, by BUFFERED_BYTES_MAX")]
async fn open(state: &Rc<State>, context: &Rc<RequestContext>, io: Box<dyn Duplex>, role: Role) -> u32 {
    let mut config = WebSocketConfig::default();
    config.max_message_size = Some(MESSAGE_BYTES_MAX);
    config.max_frame_size = Some(MESSAGE_BYTES_MAX);
    let stream = WebSocketStream::from_raw_socket(io, role, Some(config)).await;
    let (mut sink, incoming) = stream.split();
    let (outgoing, mut queue) = mpsc::unbounded_channel::<Message>();
    let buffered = Rc::new(Cell::new(0_usize));
    let counter = buffered.clone();
    // It ends by itself: when the socket's sender is dropped with its context, or when the peer is gone.
    tokio::task::spawn_local(async move {
        while let Some(message) = queue.recv().await {
            let length = message.len();
            let closing = message.is_close();
            let sent = sink.send(message).await;
            counter.set(counter.get().saturating_sub(length));
            if sent.is_err() || closing {
                break;
            }
        }
        let _ = sink.close().await;
    });
    let id = state.new_id();
    let socket = Socket { outgoing, incoming: Rc::new(Mutex::new(incoming)), buffered };
    context.sockets.borrow_mut().insert(id, socket);
    id
}

/// Answers an upgrade; the promise gives the socket's number once the client has switched.
pub(super) fn serve<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &Rc<State>,
    context: &Rc<RequestContext>,
    upgrade: UpgradeSlot,
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
            Some(io) => Ok(Value::Number(open(&shared, &owner, io, Role::Server).await)),
            None => Err(Failed("the client left before it was a WebSocket".to_owned())),
        };
        owner.opening.set(owner.opening.get().saturating_sub(1));
        opened
    };
    op::start(scope, state, context, future).map(|(promise, _)| promise)
}

/// `webSocketConnect(token, url, headersFlat, protocols) -> Promise<[wsId, status, headersFlat, protocol, bodyId]>`; a
/// `wsId` of 0 means that the server answered with something else.
fn web_socket_connect<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    let token = id_arg(&args, 0);
    let Some(url) = string_arg(scope, &args, 1) else { return };
    let Some(mut headers) = headers_of(scope, args.get(2)) else {
        throw_type_error(scope, "WebSocket: a header has a name or a value that HTTP does not allow");
        return;
    };
    let url = url.strip_prefix("ws").map_or(url.clone(), |rest| format!("http{rest}"));
    let Ok(uri) = url.parse::<Uri>() else {
        throw_type_error(scope, &format!("WebSocket: `{url}` is no URL that can be asked"));
        return;
    };
    let protocols: Vec<String> = args.get(3).try_cast::<v8::Array>().map_or_else(
        |_| Vec::new(),
        |list| {
            (0..list.length())
                .filter_map(|at| Some(list.get_index(scope, at)?.to_rust_string_lossy(scope)))
                .collect()
        },
    );
    let key = tungstenite::handshake::client::generate_key();
    let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
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
    let mut request = http::Request::new(empty());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    let response = state.egress.fetch(request);
    let (shared, owner) = (state.clone(), context.clone());
    let future = async move {
        let result = response.await;
        shared.fetches.borrow_mut().remove(&token);
        let (mut parts, body) = result.map_err(|error| Failed(format!("WebSocket: {error}")))?.into_parts();
        let accepted =
            parts.headers.get(header::SEC_WEBSOCKET_ACCEPT).is_some_and(|value| value == accept.as_str());
        let slot = parts.extensions.remove::<UpgradeSlot>();
        let mut id = 0;
        if let (StatusCode::SWITCHING_PROTOCOLS, true, Some(upgrade)) =
            (parts.status, accepted, slot.and_then(|slot| slot.take()))
            && let Some(io) = upgrade.0.await
        {
            id = open(&shared, &owner, io, Role::Client).await;
        }
        let protocol =
            parts.headers.get(header::SEC_WEBSOCKET_PROTOCOL).and_then(|value| value.to_str().ok());
        let protocol = protocol.unwrap_or("").to_owned();
        let body = if id == 0 { admit_body(&shared, &owner, body, None) } else { 0 };
        Ok(Value::List(vec![
            Value::Number(id),
            Value::Number(parts.status.as_u16().into()),
            Value::Headers(parts.headers),
            Value::Text(protocol),
            Value::Number(body),
        ]))
    };
    if let Some((promise, op)) = op::start(scope, &state, &context, future) {
        state.fetches.borrow_mut().insert(token, op);
        rv.set(promise.into());
    }
}

/// `wsSend(wsId, string | Uint8Array)`
fn ws_send<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let Some((_, context)) = here(scope) else { return };
    let value = args.get(1);
    let message = if value.is_string() {
        Message::text(value.to_rust_string_lossy(scope))
    } else if let Some(bytes) = bytes_of(value) {
        Message::binary(bytes)
    } else {
        throw_type_error(scope, "a WebSocket message is text or bytes");
        return;
    };
    if message.len() > MESSAGE_BYTES_MAX {
        throw_type_error(scope, "a WebSocket message may have at most 32 MiB");
        return;
    }
    let sockets = context.sockets.borrow();
    // A socket that is gone swallows messages, as the standard says.
    let Some(socket) = sockets.get(&id_arg(&args, 0)) else { return };
    let buffered = socket.buffered.get().saturating_add(message.len());
    if buffered > BUFFERED_BYTES_MAX {
        drop(sockets);
        throw_type_error(scope, "the WebSocket's peer is too slow: over 64 MiB are waiting to be sent");
        return;
    }
    if socket.outgoing.send(message).is_ok() {
        socket.buffered.set(buffered);
    }
}

/// `wsClose(wsId, code | 0, reason)`
fn ws_close<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let Some((_, context)) = here(scope) else { return };
    let Some(reason) = string_arg(scope, &args, 2) else { return };
    let frame = match u16::try_from(id_arg(&args, 1)) {
        Ok(0) | Err(_) => None,
        Ok(code) => Some(CloseFrame { code: CloseCode::from(code), reason: reason.into() }),
    };
    if let Some(socket) = context.sockets.borrow().get(&id_arg(&args, 0)) {
        let _ = socket.outgoing.send(Message::Close(frame));
    }
}

/// `wsReceive(wsId) -> Promise<string | Uint8Array | [code, reason, wasClean]>`
fn ws_receive<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    let id = id_arg(&args, 0);
    let incoming = context.sockets.borrow().get(&id).map(|socket| socket.incoming.clone());
    let Some(incoming) = incoming else {
        throw_type_error(scope, "this WebSocket is closed, or belongs to another request");
        return;
    };
    let owner = Rc::downgrade(&context);
    let future = async move {
        let mut incoming = incoming.lock().await;
        let ended = loop {
            match incoming.next().await {
                Some(Ok(Message::Text(text))) => return Ok(Value::Text(text.as_str().to_owned())),
                Some(Ok(Message::Binary(bytes))) => return Ok(Value::Bytes(bytes)),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(frame))) => {
                    let (code, reason) = frame.map_or((1005, String::new()), |frame| {
                        (u16::from(frame.code), frame.reason.as_str().to_owned())
                    });
                    break (code, reason, true);
                }
                Some(Err(tungstenite::Error::Capacity(_))) => {
                    break (1009, "the message is too large".to_owned(), false);
                }
                Some(Err(tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => {
                    break (1006, String::new(), false);
                }
                Some(Err(tungstenite::Error::Protocol(error))) => break (1002, error.to_string(), false),
                Some(Err(tungstenite::Error::Utf8(_))) => {
                    break (1007, "the text is not UTF-8".to_owned(), false);
                }
                Some(Err(_)) | None => break (1006, String::new(), false),
            }
        };
        let socket = owner.upgrade().and_then(|context| context.sockets.borrow_mut().remove(&id));
        drop(socket);
        let (code, reason, clean) = ended;
        Ok(Value::List(vec![Value::Number(code.into()), Value::Text(reason), Value::Bool(clean)]))
    };
    if let Some((promise, _)) = op::start(scope, &state, &context, future) {
        rv.set(promise.into());
    }
}

fn ws_buffered<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((_, context)) = here(scope) else { return };
    let bytes = context.sockets.borrow().get(&id_arg(&args, 0)).map_or(0, |socket| socket.buffered.get());
    rv.set_double(f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)));
}
