//! WebSockets (RFC 6455): frames are tungstenite's, everything a worker sees is JavaScript's.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, stream::SplitStream};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use mote_engine::{memory::Held, v8};
use mote_wire::{
    http::{Duplex, UpgradeSlot, empty},
    limits::WEBSOCKET_MESSAGE_BYTES_MAX,
    link::Kind,
};
use tokio::sync::{Mutex, mpsc};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message, Utf8Bytes,
        error::ProtocolError,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{
    args::{headers_arg, id_arg, kept_content, string_arg, throw_error, throw_type_error},
    body::{admit_body, here},
    fetch::{binding_arg, extension, may_begin},
    natives,
    websocket_io::{Arriving, CountedIo, is_no_room},
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

/// What may wait to be sent before the worker is told that it sends too fast.
const BUFFERED_BYTES_MAX: usize = 64 << 20;
/// What a message that waits takes besides its content, about.
const MESSAGE_OVERHEAD_BYTES: usize = 64;
/// What a socket reads at once. Tungstenite keeps a buffer of this size for each.
const READ_BYTES: usize = 8 << 10;
/// What a socket takes besides its messages, about.
const SOCKET_BYTES: usize = 2 * READ_BYTES;

type Stream = WebSocketStream<CountedIo>;

/// An open WebSocket of a request context.
pub(crate) struct Socket {
    outgoing: mpsc::UnboundedSender<Message>,
    incoming: Rc<Mutex<SplitStream<Stream>>>,
    arriving: Arc<Arriving>,
    /// The memory of the messages that wait to be sent.
    waiting: Rc<RefCell<Held>>,
    /// How many of them there are.
    messages: Rc<Cell<usize>>,
    pub(crate) holds: Holds,
    _open: Open,
}

/// What goes on for as long as a socket is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Its event.
    Event,
    /// Nothing: a session of calls ends with the event that makes them.
    Nothing,
}

/// Counts a socket as open while it lives.
pub(super) struct Open {
    count: Rc<Cell<u64>>,
    _held: Held,
}

impl Open {
    pub(super) fn new(state: &State) -> Option<Self> {
        let held = state.memory.hold(SOCKET_BYTES)?;
        state.websockets.set(state.websockets.get() + 1);
        Some(Self { count: state.websockets.clone(), _held: held })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.count.set(self.count.get().saturating_sub(1));
    }
}

/// Throws and gives false if the isolate may open no more WebSockets and sockets, which are counted together.
pub(super) fn may_open(scope: &mut v8::PinScope<'_, '_>, state: &State) -> bool {
    let max = state.limits.websockets;
    let may = state.websockets.get() < max;
    if !may {
        throw_error(
            scope,
            &format!("Too many WebSockets and sockets: a worker may have {max} open at once."),
        );
    }
    may
}

/// Turns a connection into a WebSocket of `context`; gives its number.
#[expect(clippy::disallowed_methods, reason = "the queue is bounded in bytes, by BUFFERED_BYTES_MAX")]
async fn open(
    state: &Rc<State>,
    context: &Rc<RequestContext>,
    io: Box<dyn Duplex>,
    role: Role,
    holds: Holds,
) -> Result<u32, Failed> {
    let no_room = || Failed("the worker's memory limit leaves no room for another WebSocket".to_owned());
    let open = Open::new(state).ok_or_else(no_room)?;
    let waiting = Rc::new(RefCell::new(state.memory.hold(0).ok_or_else(no_room)?));
    let arriving = Arc::new(Arriving::new(state.memory.hold(0).ok_or_else(no_room)?));
    let mut config = WebSocketConfig::default();
    config.max_message_size = Some(WEBSOCKET_MESSAGE_BYTES_MAX);
    config.max_frame_size = Some(WEBSOCKET_MESSAGE_BYTES_MAX);
    config.read_buffer_size = READ_BYTES;
    config.write_buffer_size = READ_BYTES;
    let io = CountedIo { io, arriving: arriving.clone() };
    let stream = WebSocketStream::from_raw_socket(io, role, Some(config)).await;
    let (mut sink, incoming) = stream.split();
    let (outgoing, mut queue) = mpsc::unbounded_channel::<Message>();
    let counted = waiting.clone();
    let messages = Rc::new(Cell::new(0_usize));
    let left_over = messages.clone();
    // It ends by itself: when the socket's sender is dropped with its context, or when the peer is gone.
    tokio::task::spawn_local(async move {
        while let Some(message) = queue.recv().await {
            let length = message.len() + MESSAGE_OVERHEAD_BYTES;
            let closing = message.is_close();
            let sent = sink.send(message).await;
            let left = counted.borrow().bytes().saturating_sub(length);
            counted.borrow_mut().resize(left);
            if left_over.get() > 0 && !closing {
                left_over.set(left_over.get() - 1);
            }
            if sent.is_err() || closing {
                break;
            }
        }
        let _ = sink.close().await;
    });
    let id = state.new_id();
    let incoming = Rc::new(Mutex::new(incoming));
    let socket = Socket { outgoing, incoming, arriving, waiting, messages, holds, _open: open };
    context.sockets.borrow_mut().insert(id, socket);
    Ok(id)
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
            Some(io) => open(&shared, &owner, io, Role::Server, Holds::Event).await.map(Value::Number),
            None => Err(Failed("the client left before it was a WebSocket".to_owned())),
        };
        owner.opening.set(owner.opening.get().saturating_sub(1));
        opened
    };
    op::start(scope, state, context, future).map(|(promise, _)| promise)
}

/// `webSocketConnect(token, url, headersFlat, protocols, binding | undefined, isRpc) -> Promise<[wsId, status, headersFlat, protocol, bodyId]>`; a
/// `wsId` of 0 means that the server answered with something else.
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
    let Some(mut headers) = headers_arg(scope, args.get(2), "WebSocket") else { return };
    let url = url.strip_prefix("ws").map_or(url.clone(), |rest| format!("http{rest}"));
    let Ok(uri) = url.parse::<Uri>() else {
        throw_type_error(scope, &format!("WebSocket: `{url}` is no URL that can be asked"));
        return;
    };
    let protocols = texts_of(scope, args.get(3));
    let (kind, holds) =
        if args.get(5).is_true() { (Kind::Rpc, Holds::Nothing) } else { (Kind::Fetch, Holds::Event) };
    let binding = binding_arg(scope, &args, 4, kind);
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
    context.trail.pass_on(&mut headers);
    context.usage.show_ticket(&mut headers);
    let mut request = http::Request::new(empty());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    request.extensions_mut().extend(extension(binding));
    let (shared, owner) = (state.clone(), context.clone());
    let future = async move {
        let connection = owner.connections.clone().begin(None).await;
        let result = shared.egress.fetch(request).await;
        drop(connection);
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
            id = open(&shared, &owner, io, Role::Client, holds).await?;
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
    let Some(content) = kept_content(scope, value, "a WebSocket message is text or bytes") else { return };
    if content.len() > WEBSOCKET_MESSAGE_BYTES_MAX {
        throw_type_error(scope, "a WebSocket message may have at most 32 MiB");
        return;
    }
    let sockets = context.sockets.borrow();
    // A socket that is gone swallows messages, as the standard says.
    let Some(socket) = sockets.get(&id_arg(&args, 0)) else { return };
    let waiting = socket.waiting.borrow().bytes() + content.len() + MESSAGE_OVERHEAD_BYTES;
    let content = Bytes::from(Vec::from(content));
    if waiting > BUFFERED_BYTES_MAX || !socket.waiting.borrow_mut().resize(waiting) {
        drop(sockets);
        let text = "the WebSocket's peer is too slow: what waits to be sent is over 64 MiB, or more than the worker's \
                    memory limit leaves room for";
        throw_type_error(scope, text);
        return;
    }
    let message = if value.is_string() {
        Utf8Bytes::try_from(content).map(Message::Text).ok()
    } else {
        Some(Message::Binary(content))
    };
    if let Some(message) = message {
        socket.messages.set(socket.messages.get() + 1);
        let _ = socket.outgoing.send(message);
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
    let socket =
        context.sockets.borrow().get(&id).map(|socket| (socket.incoming.clone(), socket.arriving.clone()));
    let Some((incoming, arriving)) = socket else {
        throw_type_error(scope, "this WebSocket is closed, or belongs to another request");
        return;
    };
    let owner = Rc::downgrade(&context);
    let future = async move {
        let mut incoming = incoming.lock().await;
        let ended = loop {
            match incoming.next().await {
                Some(Ok(Message::Text(text))) => {
                    arriving.has_arrived();
                    return Ok(Value::Utf8(text.into()));
                }
                Some(Ok(Message::Binary(bytes))) => {
                    arriving.has_arrived();
                    return Ok(Value::Bytes(bytes));
                }
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
                Some(Err(tungstenite::Error::Io(error))) if is_no_room(&error) => {
                    break (
                        1009,
                        "the message is more than the worker's memory limit allows".to_owned(),
                        false,
                    );
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
    let bytes = context.sockets.borrow().get(&id_arg(&args, 0)).map_or(0, |socket| {
        // What a message takes beside its content is none of the worker's.
        socket.waiting.borrow().bytes().saturating_sub(socket.messages.get() * MESSAGE_OVERHEAD_BYTES)
    });
    rv.set_double(f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)));
}

/// The texts of a list; none if it is no list.
fn texts_of(scope: &mut v8::PinScope<'_, '_>, value: v8::Local<'_, v8::Value>) -> Vec<String> {
    let Ok(list) = value.try_cast::<v8::Array>() else { return Vec::new() };
    (0..list.length()).filter_map(|at| Some(list.get_index(scope, at)?.to_rust_string_lossy(scope))).collect()
}
