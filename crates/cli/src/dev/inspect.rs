//! The debugger's door to `mote dev`: what Chrome DevTools asks over HTTP, and its session over WebSocket.
//!
//! Whoever reaches this door controls the worker, so it listens on loopback only, and turns web pages away: a page may
//! talk to any port of its reader's machine.
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a port that is taken is told before any thread starts, so it is bound without a runtime; one developer fills no queue"
)]

use std::{
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    rc::Rc,
    sync::{Arc, mpsc as blocking},
};

use futures_util::{SinkExt, StreamExt};
use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode, body::Bytes, body::Incoming, header, server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use mote_cell::{Cell, Frontend};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, mpsc},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, handshake::derive_accept_key, protocol::Role},
};

use super::{DevError, server::Command};

/// A debugger's session, on its way to the thread that serves.
pub(crate) struct Session {
    /// The worker's name.
    pub(crate) worker: String,
    incoming: blocking::Receiver<String>,
    outgoing: mpsc::UnboundedSender<String>,
    /// Rung for each message, and when the debugger has left.
    bell: Arc<Notify>,
}

/// Opens the door; gives its port.
pub(crate) fn start(
    port: u16,
    workers: Vec<String>,
    commands: mpsc::UnboundedSender<Command>,
) -> Result<u16, DevError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener =
        std::net::TcpListener::bind(address).map_err(|source| DevError::Listen { address, source })?;
    let start = |source| DevError::Start { source };
    listener.set_nonblocking(true).map_err(start)?;
    let port = listener.local_addr().map_err(start)?.port();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(start)?;
    let door = Arc::new(Door { port, workers, commands });
    let serving = move || {
        runtime.block_on(async move {
            let Ok(listener) = TcpListener::from_std(listener) else { return };
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(door.clone().serve(stream));
            }
        });
    };
    std::thread::Builder::new().name("inspector".into()).spawn(serving).map_err(start)?;
    Ok(port)
}

struct Door {
    port: u16,
    workers: Vec<String>,
    commands: mpsc::UnboundedSender<Command>,
}

impl Door {
    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let service = service_fn(move |request| {
            let door = self.clone();
            async move { Ok::<_, Infallible>(door.answer(request)) }
        });
        // A connection that breaks is the debugger's to open again.
        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades().await;
    }

    fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if !crate::local::is_local(&request) {
            return text(StatusCode::FORBIDDEN, "only DevTools on this machine may attach\n");
        }
        match request.uri().path() {
            "/json" | "/json/list" => json(&self.list()),
            "/json/version" => json(&serde_json::json!({
                "Browser": concat!("Mote/", env!("CARGO_PKG_VERSION")),
                "Protocol-Version": "1.3",
            })),
            path => {
                let name = path.trim_start_matches('/');
                let known = self.workers.iter().find(|worker| name.is_empty() || *worker == name).cloned();
                match (known, request.headers().get(header::SEC_WEBSOCKET_KEY).cloned()) {
                    (Some(worker), Some(key)) => self.open(request, worker, key.as_bytes()),
                    _ => text(StatusCode::NOT_FOUND, "no such worker; see /json/list\n"),
                }
            }
        }
    }

    fn list(&self) -> serde_json::Value {
        let entry = |worker: &String| {
            let address = format!("127.0.0.1:{}/{worker}", self.port);
            serde_json::json!({
                "id": worker,
                "type": "node",
                "title": format!("mote dev: {worker}"),
                "description": "a Mote worker",
                "url": format!("file:///{worker}"),
                "webSocketDebuggerUrl": format!("ws://{address}"),
                "devtoolsFrontendUrl": format!("devtools://devtools/bundled/js_app.html?experiments=true&v8only=true&ws={address}"),
            })
        };
        self.workers.iter().map(entry).collect()
    }

    fn open(&self, mut request: Request<Incoming>, worker: String, key: &[u8]) -> Response<Full<Bytes>> {
        let accept = derive_accept_key(key);
        let commands = self.commands.clone();
        tokio::spawn(async move {
            if let Ok(upgraded) = hyper::upgrade::on(&mut request).await {
                let socket =
                    WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
                relay(socket, worker, &commands).await;
            }
        });
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, header::HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, header::HeaderValue::from_static("websocket"));
        if let Ok(accept) = header::HeaderValue::from_str(&accept) {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
        response
    }
}

type Socket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

/// Carries messages between DevTools and the thread that serves, until one of them ends.
async fn relay(mut socket: Socket, worker: String, commands: &mpsc::UnboundedSender<Command>) {
    let (to_worker, incoming) = blocking::channel();
    let (outgoing, mut from_worker) = mpsc::unbounded_channel();
    let bell = Arc::new(Notify::new());
    if commands.send(Command::Attach(Session { worker, incoming, outgoing, bell: bell.clone() })).is_err() {
        return;
    }
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    if to_worker.send(text.as_str().to_owned()).is_err() {
                        break;
                    }
                    bell.notify_one();
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
            message = from_worker.recv() => match message {
                Some(message) => if socket.send(Message::text(message)).await.is_err() { break },
                // The worker was reloaded: DevTools offers to attach again.
                None => break,
            },
        }
    }
    drop(to_worker);
    bell.notify_one();
    let _ = socket.close(None).await;
}

/// Serves a session on the cell's thread.
pub(crate) fn attach(cell: &Rc<Cell>, session: Session) {
    let Some(runtime) = cell.runtime(&session.worker) else { return };
    let remote = Rc::new(Remote { incoming: session.incoming, outgoing: session.outgoing });
    let frontend: Rc<dyn Frontend> = remote.clone();
    runtime.attach_debugger(frontend.clone());
    let runtime = Rc::downgrade(&runtime);
    tokio::task::spawn_local(async move {
        loop {
            session.bell.notified().await;
            let Some(runtime) = runtime.upgrade().filter(|runtime| !runtime.is_condemned()) else { return };
            // Its successor may have come before the news that it left: that one's session is not its to end.
            if !runtime.is_attached(&frontend) {
                return;
            }
            loop {
                match remote.incoming.try_recv() {
                    Ok(message) => runtime.debugger_message(&message),
                    Err(blocking::TryRecvError::Empty) => break,
                    Err(blocking::TryRecvError::Disconnected) => return runtime.detach_debugger(),
                }
            }
        }
    });
}

/// A debugger on the other side of a socket.
struct Remote {
    incoming: blocking::Receiver<String>,
    outgoing: mpsc::UnboundedSender<String>,
}

impl Frontend for Remote {
    fn send(&self, message: String) {
        // One that has left reads nothing.
        let _ = self.outgoing.send(message);
    }

    fn wait(&self) -> Option<String> {
        self.incoming.recv().ok()
    }
}

fn json(value: &serde_json::Value) -> Response<Full<Bytes>> {
    let mut response = text(StatusCode::OK, &value.to_string());
    let kind = header::HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn text(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text.to_owned()));
    *response.status_mut() = status;
    response
}
