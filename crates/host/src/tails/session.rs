//! A watcher's session: a WebSocket of the protocol `trace-v1`.
//!
//! The client says once whether it wants to debug its filters, which it may say here without an effect, and answers pings.
//! Everything else goes from here to there.

use std::{rc::Rc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, interval, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{ClaimError, Tail, Tails};

/// The path under which tails are watched; the token follows.
pub const PREFIX: &str = "/tails/";
/// The protocol that a watcher has to speak.
pub const PROTOCOL: &str = "trace-v1";
/// How often a watcher is asked whether it is there.
const PING_EVERY: Duration = Duration::from_secs(30);
/// How long it may say nothing.
const SILENT_MAX: Duration = Duration::from_secs(70);
/// How long one document may be on its way to a watcher that does not read.
const SEND_MAX: Duration = Duration::from_secs(30);
/// How long a watcher may take to say goodbye.
const CLOSE_MAX: Duration = Duration::from_secs(5);
/// The most bytes that a watcher may send at once.
const FROM_WATCHER_BYTES_MAX: usize = 1 << 10;

/// Why a request is no way into a tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unfit {
    NoWebSocket,
    Version,
    Protocol,
}

/// Why a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The watcher left, or is not there any more.
    Left,
    /// The watcher said what nobody says here.
    Nonsense,
    /// The tail's time is over, or it was deleted.
    Over,
}

impl Tails {
    /// Answers a request whose path begins with [`PREFIX`]. It needs no other authority than the token in its path.
    pub fn answer<B>(self: &Rc<Self>, mut request: Request<B>) -> Response<Full<Bytes>> {
        let key = match key_of(request.method(), request.headers()) {
            Ok(key) => key,
            Err(unfit) => return unfit.answer(),
        };
        let token = request.uri().path().strip_prefix(PREFIX).unwrap_or_default();
        let tail = match self.claim(token) {
            Ok(tail) => tail,
            Err(ClaimError::Unknown) => return text(StatusCode::NOT_FOUND, "there is no such tail\n"),
            Err(ClaimError::Taken) => return text(StatusCode::CONFLICT, "somebody watches this tail\n"),
        };
        let tails = self.clone();
        let upgrading = hyper::upgrade::on(&mut request);
        tokio::task::spawn_local(async move {
            if let Ok(upgraded) = upgrading.await {
                let (io, role) = (TokioIo::new(upgraded), Role::Server);
                watch(WebSocketStream::from_raw_socket(io, role, Some(config())).await, &tail).await;
            }
            // It was good for this one session.
            tails.take_out(|other| other.id == tail.id);
        });
        switching(&key)
    }
}

/// What a watcher may send.
pub(super) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(FROM_WATCHER_BYTES_MAX))
        .max_frame_size(Some(FROM_WATCHER_BYTES_MAX))
        // wrangler sends its first message without a mask, whatever the standard says.
        .accept_unmasked_frames(true)
}

/// The key of a WebSocket's handshake.
fn key_of(method: &Method, headers: &HeaderMap) -> Result<HeaderValue, Unfit> {
    let has = |name, word: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(word))
    };
    let wants = has(header::UPGRADE, "websocket") && has(header::CONNECTION, "upgrade");
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| wants && method == Method::GET);
    let key = key.ok_or(Unfit::NoWebSocket)?;
    if !has(header::SEC_WEBSOCKET_VERSION, "13") {
        return Err(Unfit::Version);
    }
    if !has(header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL) {
        return Err(Unfit::Protocol);
    }
    Ok(key.clone())
}

impl Unfit {
    fn answer(self) -> Response<Full<Bytes>> {
        match self {
            Self::NoWebSocket => text(StatusCode::UPGRADE_REQUIRED, "a tail is watched over a WebSocket\n"),
            Self::Version => {
                let mut response =
                    text(StatusCode::UPGRADE_REQUIRED, "WebSocket version 13 is spoken here\n");
                let version = HeaderValue::from_static("13");
                response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, version);
                response
            }
            Self::Protocol => text(StatusCode::BAD_REQUEST, "the protocol is trace-v1\n"),
        }
    }
}

fn switching(key: &HeaderValue) -> Response<Full<Bytes>> {
    let mut response = text(StatusCode::SWITCHING_PROTOCOLS, "");
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key.as_bytes())) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    response
}

/// Carries events to a watcher until one of the two ends it.
pub(super) async fn watch<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocketStream<S>, tail: &Tail) {
    let end = tokio::select! {
        end = converse(&mut socket, tail) => end,
        // Also in the middle of a document for a watcher that does not read.
        () = tail.ended() => End::Over,
        () = sleep_until(tail.ends_at()) => End::Over,
    };
    // After the first of these wrangler ends, after the other it tries again.
    let (code, reason) = match end {
        End::Left => (CloseCode::Normal, ""),
        End::Over => (CloseCode::Normal, "the tail is over"),
        End::Nonsense => (CloseCode::Policy, "send {\"debug\": <bool>}"),
    };
    let goodbye = async {
        let _ = socket.close(Some(CloseFrame { code, reason: reason.into() })).await;
        while let Some(Ok(_)) = socket.next().await {}
    };
    let _ = timeout(CLOSE_MAX, goodbye).await;
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocketStream<S>, tail: &Tail) -> End {
    let mut pings = interval(PING_EVERY);
    let mut heard = Instant::now();
    loop {
        let message = tokio::select! {
            said = socket.next() => {
                heard = Instant::now();
                match said {
                    Some(Ok(Message::Text(text))) if is_start(&text) => continue,
                    Some(Ok(Message::Text(_) | Message::Binary(_))) => return End::Nonsense,
                    // Pings are answered where they are read.
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return End::Left,
                }
            }
            _ = pings.tick() => {
                if heard.elapsed() > SILENT_MAX {
                    return End::Left;
                }
                Message::Ping(Bytes::new())
            }
            document = tail.queue.next(&tail.worker) => Message::Text(document),
        };
        match timeout(SEND_MAX, socket.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return End::Left,
        }
    }
}

/// `{"debug": true}`, or false.
fn is_start(text: &str) -> bool {
    let said: Option<Value> = serde_json::from_str(text).ok();
    said.is_some_and(|said| said.get("debug").is_some_and(Value::is_boolean))
}

fn text(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response
}
