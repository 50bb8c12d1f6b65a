//! `mote tail`: a worker's events as they happen.

mod filters;
pub(super) mod pretty;

use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

use clap::{Args, ValueEnum};
use futures_util::{SinkExt, StreamExt};
use http::{HeaderValue, Method, Uri, header};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
    tungstenite::{
        Error as SocketError, Message, client::IntoClientRequest, error::ProtocolError,
        protocol::frame::coding::CloseCode,
    },
};

use super::{
    ConnectionOptions, Output, RemoteError,
    client::{Payload, segment},
    named::{Worker, WorkerOptions},
    patience,
};
use crate::printable::printable;
use filters::Filters;

/// What both sides call what they speak.
const PROTOCOL: &str = "trace-v1";
/// How often the node is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(20);
/// Pings without a word in return after which it is not.
const SILENT_PINGS_MAX: u32 = 3;

/// Follow a worker's events as they happen, until Ctrl-C.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    /// The worker; by default that of the project in this folder.
    #[arg(value_name = "NAME")]
    pub(crate) worker_name: Option<String>,
    /// How events are shown: for people, or one JSON document a line; by default for people on a terminal.
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    #[command(flatten)]
    pub(crate) filters: Filters,
    #[command(flatten)]
    pub(crate) worker: WorkerOptions,
    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
}

/// How events are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines for people.
    Pretty,
    /// One JSON document a line.
    Json,
}

/// A tail that the node has begun.
#[derive(Deserialize)]
struct Tail {
    id: String,
    url: String,
}

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// A tail that is being read.
struct Following {
    id: String,
    socket: Socket,
}

/// How a tail ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// Nobody wants more.
    Enough,
    /// The node went away without a word: it has ended, or another process is in its place. In words for people.
    Lost(String),
}

pub(crate) async fn run(options: &Options, output: &Output) -> Result<(), RemoteError> {
    let worker = options.worker.find(options.worker_name.as_deref(), &options.connection, output).await?;
    let mut following = begin(&worker, options).await?;
    if format(options, output) == Format::Pretty {
        output.note(&format!("following {}; Ctrl-C ends it", worker.name));
    }
    loop {
        let ended = follow(&worker, &mut following.socket, options, output).await;
        if let Ok(End::Lost(reason)) = &ended {
            let back = patience::until_back(output, reason, async || begin(&worker, options).await);
            let Some(again) = back.await? else { return Ok(()) };
            output.note(&format!("following {} again; what happened meanwhile is not shown", worker.name));
            following = again;
            continue;
        }
        // Also after a failure: the node need not keep what nobody reads.
        let path = worker.path(&format!("/tails/{}", segment(&following.id)));
        let deleted = worker.client.call::<Value>(Method::DELETE, &path, Payload::Nothing).await;
        return ended.and(deleted.map(drop));
    }
}

/// Asks for a tail, and connects to it.
async fn begin(worker: &Worker, options: &Options) -> Result<Following, RemoteError> {
    let body = json!({"filters": options.filters.to_api()});
    let tail: Tail = worker.client.call(Method::POST, &worker.path("/tails"), Payload::Json(body)).await?;
    let mut socket = connect(worker, &tail.url).await?;
    let hello = Message::text(json!({"debug": false}).to_string());
    socket.send(hello).await.map_err(|error| broken(&tail.url, &error))?;
    Ok(Following { id: tail.id, socket })
}

fn format(options: &Options, output: &Output) -> Format {
    let default = if io::stdout().is_terminal() { Format::Pretty } else { Format::Json };
    if output.is_json() { Format::Json } else { options.format.unwrap_or(default) }
}

async fn follow(
    worker: &Worker,
    socket: &mut Socket,
    options: &Options,
    output: &Output,
) -> Result<End, RemoteError> {
    let format = format(options, output);
    let lost = |how: &str| Ok(End::Lost(format!("the connection to the node {how}")));
    let mut pings = tokio::time::interval(PING_EVERY);
    let mut silent = 0;
    loop {
        let message = tokio::select! {
            message = socket.next() => message,
            _ = pings.tick() => {
                if silent == SILENT_PINGS_MAX {
                    return lost("has fallen silent");
                }
                silent += 1;
                // Why: between events nothing else tells a quiet node from one that is gone.
                if socket.send(Message::Ping("mote tail ping".into())).await.is_err() {
                    return lost("is gone");
                }
                continue;
            }
            _ = tokio::signal::ctrl_c() => return Ok(End::Enough),
        };
        silent = 0;
        let text = match message {
            Some(Ok(Message::Text(text))) => text.to_string(),
            Some(Ok(Message::Binary(bytes))) => String::from_utf8_lossy(&bytes).into_owned(),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Ok(Message::Close(Some(frame)))) if frame.code == CloseCode::Away => {
                return lost("was ended, because the node ends");
            }
            Some(Ok(Message::Close(frame))) => {
                let reason = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                return Err(over(worker, &reason));
            }
            // The system's words for it (a reset, an end without a handshake) say nothing to whoever reads events.
            None
            | Some(Err(SocketError::ConnectionClosed | SocketError::AlreadyClosed | SocketError::Io(_))) => {
                return lost("is gone");
            }
            Some(Err(SocketError::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => {
                return lost("is gone");
            }
            Some(Err(error)) => return Err(nonsense(worker, &error)),
        };
        let Ok(event) = serde_json::from_str::<Value>(&text) else {
            output.warning("the node sent something that is no JSON; it is left out");
            continue;
        };
        let shown = match format {
            Format::Pretty => pretty::event(&event, output.colours()),
            Format::Json => event.to_string(),
        };
        // Whoever reads has read enough, as `head` does.
        if !is_written(&shown) {
            return Ok(End::Enough);
        }
    }
}

async fn connect(worker: &Worker, url: &str) -> Result<Socket, RemoteError> {
    let uri: Option<Uri> = url.parse().ok();
    let secure = match uri.as_ref().and_then(Uri::scheme_str) {
        Some("ws") => false,
        Some("wss") => true,
        _ => return Err(worker.client.strange("tails", "its `url` is no WebSocket's address")),
    };
    let request = url.into_client_request();
    let mut request = request.map_err(|error| worker.client.strange("tails", &error.to_string()))?;
    request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    let connector = if secure { Connector::Rustls(worker.client.tls()) } else { Connector::Plain };
    let connected = connect_async_tls_with_config(request, None, true, Some(connector)).await;
    connected.map(|(socket, _)| socket).map_err(|error| broken(url, &error))
}

fn is_written(line: &str) -> bool {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).is_ok()
}

fn over(worker: &Worker, reason: &str) -> RemoteError {
    let reason = if reason.is_empty() { String::new() } else { format!(": {}", printable(reason)) };
    let message = format!("the node has ended the tail of {}{reason}", worker.name);
    RemoteError::wrong(message, "its time was over, or its worker is gone; run the command again")
}

fn nonsense(worker: &Worker, error: &SocketError) -> RemoteError {
    let message = format!("the tail of {} broke off: {}", worker.name, printable(&error.to_string()));
    RemoteError::wrong(message, "something between here and the node may have changed what it sent")
}

fn broken(url: &str, error: &SocketError) -> RemoteError {
    // Whoever has the whole address may read along.
    let place = url.parse::<Uri>().ok().and_then(|uri| uri.authority().map(ToString::to_string));
    RemoteError::Broken { api: place.unwrap_or_default(), reason: printable(&error.to_string()) }
}

#[cfg(test)]
mod tests;
