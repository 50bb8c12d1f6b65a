//! WebSockets (RFC 6455) that are open: what a worker sends and receives. Everything it sees is JavaScript's.

use std::{
    cell::{Cell, RefCell},
    io,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use mote_engine::{memory::Held, v8};
use mote_wire::{http::Duplex, limits::WEBSOCKET_MESSAGE_BYTES_MAX};
use tokio::sync::{Mutex, Notify, mpsc};

use super::{
    args::{id_arg, kept_content, string_arg, throw_error, throw_type_error},
    body::here,
    natives,
    websocket_deflate::{Deflater, Inflater},
    websocket_extensions::Deflate,
    websocket_frames::{Arrived, Closing, Fault, READ_BYTES, Reader, Role, Sent, Writer, split},
};
use crate::{
    context::RequestContext,
    op::{self, Failed, Value},
    state::State,
    usage::EventUsage,
};

natives! {
    wsSend => ws_send,
    wsClose => ws_close,
    wsReceive => ws_receive,
    wsBuffered => ws_buffered,
}

/// What may wait to be sent before the worker is told that it sends too fast.
const BUFFERED_BYTES_MAX: usize = 64 << 20;
/// What a message that waits takes besides its content, about.
const MESSAGE_OVERHEAD_BYTES: usize = 64;
/// What a socket takes besides its messages, about.
const SOCKET_BYTES: usize = 2 * READ_BYTES;
/// After a message of this length it is worth while to look whether the next one has room.
const LONG_BYTES: usize = 1 << 20;
/// A connection that was closed is still read from, for a while and so many bytes: a close that leaves bytes unread would
/// undo the frame that says why.
const LINGER: Duration = Duration::from_secs(10);
const LINGER_BYTES: u64 = 2 * WEBSOCKET_MESSAGE_BYTES_MAX as u64;

/// An open WebSocket of a request context.
pub(crate) struct Socket {
    outgoing: mpsc::UnboundedSender<Sent>,
    incoming: Rc<Mutex<Reader>>,
    /// The memory of the messages that wait to be sent.
    waiting: Rc<RefCell<Held>>,
    /// How many of them there are.
    messages: Rc<Cell<usize>>,
    ending: Rc<Ending>,
    pub(crate) holds: Holds,
    open: Rc<Open>,
}

/// How what a peer sends has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Clean,
    Broken,
}

/// How far a socket's end has come.
#[derive(Default)]
struct Ending {
    /// The peer has closed its side.
    heard: Cell<bool>,
    /// This side is closed: what follows is not sent.
    closed: Cell<bool>,
    /// All that was to be sent is sent, or cannot be.
    sent: Notify,
    /// What has sent it, if the connection is as it should be.
    writer: RefCell<Option<Writer>>,
    /// The length of the message that arrived last, if nobody has looked for room since.
    arrived: Cell<usize>,
    /// The newest ping that has no answer yet. A peer that sends many gets one.
    ping: RefCell<Option<Vec<u8>>>,
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
pub(super) fn open(
    state: &Rc<State>,
    context: &Rc<RequestContext>,
    io: Box<dyn Duplex>,
    role: Role,
    holds: Holds,
    deflate: Option<Deflate>,
) -> Result<u32, Failed> {
    let no_room = || Failed("the worker's memory limit leaves no room for another WebSocket".to_owned());
    let none_yet = || state.memory.hold(0).ok_or_else(no_room);
    let open = Rc::new(Open::new(state).ok_or_else(no_room)?);
    let waiting = Rc::new(RefCell::new(none_yet()?));
    let (mut packer, mut inflater) = (None, None);
    if let Some(deflate) = deflate {
        packer = Some(Packer { deflater: Deflater::new(deflate, none_yet()?), usage: context.usage.clone() });
        inflater = Some(Inflater::new(deflate, none_yet()?));
    }
    let (reader, writer) = split(io, role, none_yet()?, inflater);
    let (outgoing, queue) = mpsc::unbounded_channel::<Sent>();
    let messages = Rc::new(Cell::new(0_usize));
    let ending = Rc::new(Ending::default());
    // It ends by itself: when the socket's sender is dropped with its context, or when the peer is gone.
    let sending = Sending { writer, packer, waiting: waiting.clone(), messages: messages.clone() };
    tokio::task::spawn_local(sending.send_all(queue, ending.clone()));
    let id = state.new_id();
    let incoming = Rc::new(Mutex::new(reader));
    let socket = Socket { outgoing, incoming, waiting, messages, ending, holds, open };
    context.sockets.borrow_mut().insert(id, socket);
    Ok(id)
}

/// Compresses messages for an event, which pays for it.
struct Packer {
    deflater: Deflater,
    usage: Arc<EventUsage>,
}

impl Packer {
    async fn pack(&mut self, sent: Sent) -> Sent {
        // Whoever is out of time sends what is left as it is.
        if self.usage.cpu_left().is_zero() {
            return sent;
        }
        op::charged(&self.usage, self.deflater.pack(sent)).await
    }
}

/// What sends a socket's messages.
struct Sending {
    writer: Writer,
    packer: Option<Packer>,
    waiting: Rc<RefCell<Held>>,
    messages: Rc<Cell<usize>>,
}

impl Sending {
    /// Sends what is queued, up to a close; at the latest when nobody can send any more, it closes.
    async fn send_all(mut self, mut queue: mpsc::UnboundedReceiver<Sent>, ending: Rc<Ending>) {
        loop {
            if queue.is_empty()
                && let Some(packer) = &mut self.packer
            {
                packer.deflater.rest();
            }
            let mut next = queue.recv().await.unwrap_or(Sent::Close(None));
            if let Sent::Pong(content) = &mut next {
                *content = ending.ping.take().unwrap_or_default();
            }
            let closing = matches!(next, Sent::Close(_));
            if self.send(next).await.is_err() {
                break;
            }
            if closing {
                *ending.writer.borrow_mut() = Some(self.writer);
                break;
            }
        }
        ending.sent.notify_one();
    }

    async fn send(&mut self, next: Sent) -> io::Result<()> {
        let length = match &next {
            Sent::Text(content) | Sent::Binary(content) => content.len() + MESSAGE_OVERHEAD_BYTES,
            _ => 0,
        };
        let next = match &mut self.packer {
            Some(packer) => packer.pack(next).await,
            None => next,
        };
        let sent = self.writer.send(next).await;
        if length > 0 {
            let left = self.waiting.borrow().bytes().saturating_sub(length);
            self.waiting.borrow_mut().resize(left);
            self.messages.set(self.messages.get().saturating_sub(1));
        }
        sent
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
    let Some(socket) = sockets.get(&id_arg(&args, 0)).filter(|socket| !socket.ending.closed.get()) else {
        return;
    };
    let waiting = socket.waiting.borrow().bytes() + content.len() + MESSAGE_OVERHEAD_BYTES;
    let content = Vec::from(content);
    if waiting > BUFFERED_BYTES_MAX || !socket.waiting.borrow_mut().resize(waiting) {
        drop(sockets);
        let text = "the WebSocket's peer is too slow: what waits to be sent is over 64 MiB, or more than the worker's \
                    memory limit leaves room for";
        throw_type_error(scope, text);
        return;
    }
    socket.messages.set(socket.messages.get() + 1);
    let _ = socket.outgoing.send(if value.is_string() { Sent::Text(content) } else { Sent::Binary(content) });
}

/// `wsClose(wsId, code | 0, reason)`
fn ws_close<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let Some((_, context)) = here(scope) else { return };
    let Some(reason) = string_arg(scope, &args, 2) else { return };
    let closing = u16::try_from(id_arg(&args, 1)).ok().filter(|code| *code != 0);
    let closing = closing.map(|code| Closing { code, reason });
    if let Some(socket) = context.sockets.borrow().get(&id_arg(&args, 0)) {
        close(socket, closing);
    }
}

fn close(socket: &Socket, closing: Option<Closing>) {
    if !socket.ending.closed.replace(true) {
        let _ = socket.outgoing.send(Sent::Close(closing));
    }
}

/// `wsReceive(wsId) -> Promise<string | Uint8Array | [code, reason, wasClean]>`. After a clean end of what the peer sends, a
/// further call is answered when the connection has ended as a whole.
fn ws_receive<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    let id = id_arg(&args, 0);
    let socket =
        context.sockets.borrow().get(&id).map(|socket| (socket.incoming.clone(), socket.ending.clone()));
    let Some((incoming, ending)) = socket else {
        throw_type_error(scope, "this WebSocket is closed, or belongs to another request");
        return;
    };
    // The message before may be garbage by now, and the next one as long.
    let before = ending.arrived.take();
    if before >= LONG_BYTES && state.memory.hold(before.saturating_mul(3)).is_none() {
        scope.low_memory_notification();
    }
    let owner = Rc::downgrade(&context);
    let future = async move {
        let remove = || owner.upgrade().and_then(|context| context.sockets.borrow_mut().remove(&id));
        let mut reader = incoming.lock().await;
        if ending.heard.get() {
            // Whoever closes last ends the connection, unless the other one does not wait for it.
            tokio::select! {
                () = reader.drain(u64::MAX) => {}
                () = ending.sent.notified() => {}
            }
            drop(reader);
            if let (Some(Socket { open, .. }), Some(writer)) = (remove(), ending.writer.take()) {
                part(writer, incoming, open);
            }
            return Ok(ended(1000, String::new(), End::Clean));
        }
        let fault = loop {
            match reader.next().await {
                Ok(Arrived::Text(text)) => {
                    ending.arrived.set(text.len());
                    return Ok(Value::Utf8(text.into()));
                }
                Ok(Arrived::Binary(bytes)) => {
                    ending.arrived.set(bytes.len());
                    return Ok(Value::Bytes(bytes.into()));
                }
                Ok(Arrived::Ping(content)) => {
                    if ending.ping.replace(Some(content)).is_none()
                        && let Some(context) = owner.upgrade()
                        && let Some(socket) = context.sockets.borrow().get(&id)
                    {
                        let _ = socket.outgoing.send(Sent::Pong(Vec::new()));
                    }
                }
                Ok(Arrived::Close(closing)) => {
                    ending.heard.set(true);
                    let (code, reason) =
                        closing.map_or((1005, String::new()), |Closing { code, reason }| (code, reason));
                    return Ok(ended(code, reason, End::Clean));
                }
                Err(fault) => break fault,
            }
        };
        drop(reader);
        if let Some(socket) = remove() {
            give_up(socket, &fault);
        }
        let Closing { code, reason } =
            fault.closing().unwrap_or(Closing { code: 1006, reason: String::new() });
        Ok(ended(code, reason, End::Broken))
    };
    if let Some((promise, _)) = op::start(scope, &state, &context, future) {
        rv.set(promise.into());
    }
}

fn ended(code: u16, reason: String, end: End) -> Value {
    Value::List(vec![Value::Number(code.into()), Value::Text(reason), Value::Bool(end == End::Clean)])
}

/// Both sides have closed: the connection ends when the peer has heard so, too. One that is only dropped may take with it
/// what is still on its way.
fn part(mut writer: Writer, incoming: Rc<Mutex<Reader>>, open: Rc<Open>) {
    tokio::task::spawn_local(async move {
        let left = async {
            writer.finish().await;
            incoming.lock().await.drain(LINGER_BYTES).await;
        };
        // It counts as open until then, or until its time is over.
        let _ = tokio::time::timeout(LINGER, left).await;
        drop(open);
    });
}

/// Tells the peer what it did wrong, if it is still there, and waits for it to hear.
fn give_up(socket: Socket, fault: &Fault) {
    let Some(closing) = fault.closing() else { return };
    close(&socket, Some(closing));
    let Socket { incoming, open, .. } = socket;
    tokio::task::spawn_local(async move {
        let mut reader = incoming.lock().await;
        // It counts as open until the peer has gone, or its time is over.
        let _ = tokio::time::timeout(LINGER, reader.drain(LINGER_BYTES)).await;
        drop(open);
    });
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
