//! TCP connections of `connect()`: bytes go in and out, and everything else is JavaScript's.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use bytes::Bytes;
use http::uri::Authority;
use mote_engine::{memory::Held, v8};
use mote_wire::{
    http::{Duplex, EgressError, Fetched, UpgradeSlot},
    socket::{Asked, Secure, token_of},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf},
    sync::{Mutex, Notify},
};

use super::{
    args::{id_arg, kept_bytes, string_arg, throw_type_error},
    body::here,
    fetch::may_begin,
    natives,
    websocket::{Open, may_open},
};
use crate::{
    context::RequestContext,
    op::{self, Failed, Value},
    state::State,
};

natives! {
    socketConnect => socket_connect,
    socketRead => socket_read,
    socketWrite => socket_write,
    socketShutdown => socket_shutdown,
    socketSecure => socket_secure,
    socketClose => socket_close,
}

/// Bytes that are read at once.
const READ_BYTES: usize = 16 << 10;

/// An open connection of a request context.
pub(crate) struct Socket(Rc<Connection>);

struct Connection {
    to: Authority,
    /// What the host knows it by, if it may begin to speak TLS.
    token: RefCell<Option<String>>,
    reader: Mutex<ReadHalf<Box<dyn Duplex>>>,
    writer: Mutex<WriteHalf<Box<dyn Duplex>>>,
    is_closed: Cell<bool>,
    closed: Notify,
    _open: Open,
    _buffer: Held,
}

impl Connection {
    /// Does some I/O, unless the connection is closed meanwhile.
    async fn unless_closed<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let closed = self.closed.notified();
        if self.is_closed.get() {
            return None;
        }
        tokio::select! {
            biased;
            () = closed => None,
            done = work => Some(done),
        }
    }

    fn close(&self) {
        self.is_closed.set(true);
        self.closed.notify_waiters();
    }
}

impl Drop for Socket {
    /// What waits for it ends with it: an operation keeps the connection, and only the context has the socket.
    fn drop(&mut self) {
        self.0.close();
    }
}

/// `socketConnect(host, port, secure) -> Promise<socketId>`
fn socket_connect<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    if !may_open(scope, &state) || !may_begin(scope, &context) {
        return;
    }
    let Some(host) = string_arg(scope, &args, 0) else { return };
    let Some(secure) = string_arg(scope, &args, 2).and_then(|word| Secure::parse(&word)) else { return };
    let port = u16::try_from(id_arg(&args, 1)).unwrap_or_default();
    let Ok(to) = format!("{host}:{port}").parse::<Authority>() else {
        throw_type_error(scope, "connect: the address has no host that can be asked");
        return;
    };
    start(scope, &state, &context, to.clone(), Asked::Open { to, secure }, None, &mut rv);
}

/// `socketSecure(socketId, serverName | undefined) -> Promise<socketId>`: it speaks TLS from now on, and is over as what it was.
fn socket_secure<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    if !may_open(scope, &state) || !may_begin(scope, &context) {
        return;
    }
    let server_name = if args.get(1).is_undefined() {
        None
    } else {
        let Some(name) = string_arg(scope, &args, 1) else { return };
        Some(name)
    };
    let Some(socket) = found(scope, &context, &args) else { return };
    let Some(token) = socket.token.borrow_mut().take() else {
        throw_type_error(scope, "startTls: this connection cannot begin to speak TLS");
        return;
    };
    let to = socket.to.clone();
    start(
        scope,
        &state,
        &context,
        to.clone(),
        Asked::Secure { to, token, server_name },
        Some(socket),
        &mut rv,
    );
}

/// Asks for a connection. `before` is what it was until now.
fn start(
    scope: &mut v8::PinScope<'_, '_>,
    state: &Rc<State>,
    context: &Rc<RequestContext>,
    to: Authority,
    asked: Asked,
    before: Option<Rc<Connection>>,
    rv: &mut v8::ReturnValue<'_>,
) {
    let Some(mut request) = asked.to_request() else {
        throw_type_error(scope, "connect: the address or the server's name cannot be asked for");
        return;
    };
    context.usage.show_ticket(request.headers_mut());
    let (shared, owner) = (state.clone(), context.clone());
    let future = async move {
        let connection = owner.connections.clone().begin(None).await;
        // Position matters: the host must know that it becomes another connection before it hears that this one is over.
        let fetched = shared.egress.fetch(request);
        if let Some(before) = before {
            let _ = before.unless_closed(async { before.writer.lock().await.shutdown().await }).await;
        }
        let opened = opened(&shared, to, fetched).await?;
        drop(connection);
        let id = shared.new_id();
        owner.tcp.borrow_mut().insert(id, opened);
        Ok(Value::Number(id))
    };
    if let Some((promise, _)) = op::start(scope, state, context, future) {
        rv.set(promise.into());
    }
}

async fn opened(state: &State, to: Authority, fetched: Fetched) -> Result<Socket, Failed> {
    let mut response = fetched.await.map_err(|error| Failed(in_words(error)))?;
    let token = token_of(response.headers());
    let slot = response.extensions_mut().remove::<UpgradeSlot>().and_then(|slot| slot.take());
    let io = match slot {
        Some(upgrade) => upgrade.0.await,
        None => None,
    };
    let io = io.ok_or_else(|| Failed(format!("no connection to {to}: the node gave none")))?;
    let no_room = || Failed("the worker's memory limit leaves no room for another connection".to_owned());
    let open = Open::new(state).ok_or_else(no_room)?;
    let buffer = state.memory.hold(READ_BYTES).ok_or_else(no_room)?;
    let (reader, writer) = tokio::io::split(io);
    Ok(Socket(Rc::new(Connection {
        to,
        token: RefCell::new(token),
        reader: Mutex::new(reader),
        writer: Mutex::new(writer),
        is_closed: Cell::new(false),
        closed: Notify::new(),
        _open: open,
        _buffer: buffer,
    })))
}

fn in_words(error: EgressError) -> String {
    match error {
        EgressError::Refused { url, reason } => format!("cannot connect to {url}: {reason}"),
        EgressError::Unreachable { host, reason } => format!("no connection to {host}: {reason}"),
        EgressError::Binding { .. } => error.to_string(),
    }
}

/// `socketRead(socketId) -> Promise<Uint8Array | undefined>`: undefined at the end
fn socket_read<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    let Some(socket) = found(scope, &context, &args) else { return };
    let future = async move {
        let read = async {
            let mut buffer = vec![0; READ_BYTES];
            let count = socket.reader.lock().await.read(&mut buffer).await?;
            buffer.truncate(count);
            Ok::<_, std::io::Error>(buffer)
        };
        match socket.unless_closed(read).await {
            None => Ok(Value::Undefined),
            Some(Ok(bytes)) if bytes.is_empty() => Ok(Value::Undefined),
            Some(Ok(bytes)) => Ok(Value::Bytes(Bytes::from(bytes))),
            Some(Err(error)) => Err(Failed(format!("the connection to {} broke: {error}", socket.to))),
        }
    };
    if let Some((promise, _)) = op::start(scope, &state, &context, future) {
        rv.set(promise.into());
    }
}

/// `socketWrite(socketId, bytes) -> Promise`: settles when the bytes are on their way
fn socket_write<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    let otherwise = "a connection takes bytes: an ArrayBuffer, or a view on one";
    let Some(bytes) = kept_bytes(scope, args.get(1), otherwise) else { return };
    let Some(socket) = found(scope, &context, &args) else { return };
    let future = async move {
        let write = async { socket.writer.lock().await.write_all(&bytes).await };
        match socket.unless_closed(write).await {
            None => Err(Failed("the connection was closed".to_owned())),
            Some(Ok(())) => Ok(Value::Undefined),
            Some(Err(error)) => Err(Failed(format!("the connection to {} broke: {error}", socket.to))),
        }
    };
    if let Some((promise, _)) = op::start(scope, &state, &context, future) {
        rv.set(promise.into());
    }
}

/// `socketShutdown(socketId) -> Promise`: no more will be written
fn socket_shutdown<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    let Some(socket) = found(scope, &context, &args) else { return };
    let future = async move {
        // Whoever is gone already has no need to be told.
        let _ = socket.unless_closed(async { socket.writer.lock().await.shutdown().await }).await;
        Ok(Value::Undefined)
    };
    if let Some((promise, _)) = op::start(scope, &state, &context, future) {
        rv.set(promise.into());
    }
}

/// `socketClose(socketId)`
fn socket_close<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let Some((_, context)) = here(scope) else { return };
    let socket = context.tcp.borrow_mut().remove(&id_arg(&args, 0));
    drop(socket);
}

/// The connection that the first argument names; throws if it names none of this event's.
fn found(
    scope: &mut v8::PinScope<'_, '_>,
    context: &RequestContext,
    args: &v8::FunctionCallbackArguments<'_>,
) -> Option<Rc<Connection>> {
    let found = context.tcp.borrow().get(&id_arg(args, 0)).map(|socket| socket.0.clone());
    if found.is_none() {
        throw_type_error(scope, "this connection is closed, or belongs to another request");
    }
    found
}
