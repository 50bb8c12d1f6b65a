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
    tungstenite::{Error as SocketError, Message, client::IntoClientRequest},
};

use super::{
    ConnectionOptions, Output, RemoteError,
    client::{Payload, segment},
    named::{Worker, WorkerOptions},
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

pub(crate) async fn run(options: &Options, output: &Output) -> Result<(), RemoteError> {
    let worker = options.worker.find(options.worker_name.as_deref(), &options.connection, output).await?;
    let body = json!({"filters": options.filters.to_api()});
    let tail: Tail = worker.client.call(Method::POST, &worker.path("/tails"), Payload::Json(body)).await?;
    let followed = follow(&worker, &tail, options, output).await;
    // Also after a failure: the node need not keep what nobody reads.
    let path = worker.path(&format!("/tails/{}", segment(&tail.id)));
    let ended = worker.client.call::<Value>(Method::DELETE, &path, Payload::Nothing).await;
    followed.and(ended.map(drop))
}

async fn follow(worker: &Worker, tail: &Tail, options: &Options, output: &Output) -> Result<(), RemoteError> {
    let mut socket = connect(worker, &tail.url).await?;
    let hello = Message::text(json!({"debug": false}).to_string());
    socket.send(hello).await.map_err(|error| broken(&tail.url, &error))?;
    let default = if io::stdout().is_terminal() { Format::Pretty } else { Format::Json };
    let format = if output.is_json() { Format::Json } else { options.format.unwrap_or(default) };
    if format == Format::Pretty {
        output.note(&format!("following {}; Ctrl-C ends it", worker.name));
    }
    let mut pings = tokio::time::interval(PING_EVERY);
    let mut silent = 0;
    loop {
        let message = tokio::select! {
            message = socket.next() => message,
            _ = pings.tick() => {
                if silent == SILENT_PINGS_MAX {
                    return Err(over(worker, "it does not answer any more"));
                }
                silent += 1;
                // Why: between events nothing else tells a quiet node from one that is gone.
                let ping = Message::Ping("mote tail ping".into());
                socket.send(ping).await.map_err(|error| broken(&tail.url, &error))?;
                continue;
            }
            _ = tokio::signal::ctrl_c() => return Ok(()),
        };
        silent = 0;
        let text = match message {
            Some(Ok(Message::Text(text))) => text.to_string(),
            Some(Ok(Message::Binary(bytes))) => String::from_utf8_lossy(&bytes).into_owned(),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Ok(Message::Close(frame))) => {
                let reason = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                return Err(over(worker, &reason));
            }
            None => return Err(over(worker, "")),
            Some(Err(error)) => return Err(broken(&tail.url, &error)),
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
            return Ok(());
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
    RemoteError::wrong(message, "it may have restarted, or its time is over; run the command again")
}

fn broken(url: &str, error: &SocketError) -> RemoteError {
    // Whoever has the whole address may read along.
    let place = url.parse::<Uri>().ok().and_then(|uri| uri.authority().map(ToString::to_string));
    RemoteError::Broken { api: place.unwrap_or_default(), reason: printable(&error.to_string()) }
}

#[cfg(test)]
mod tests;
