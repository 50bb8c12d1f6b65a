//! The operator's door: health, metrics, and the kill switch. It has a thread of its own, so that it answers whatever
//! workers do.
//!
//! Whoever reaches it may stop workers, so it listens on loopback unless the operator says otherwise, and web pages are
//! turned away.
#![expect(
    clippy::disallowed_types,
    reason = "a port that is taken is told before any thread starts, so it is bound without a runtime"
)]

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode, body::Bytes, body::Incoming, header, server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use mote_cell::{Directory, Pressure};
use mote_host::memory;
use tokio::{net::TcpListener, sync::mpsc};

use super::{DevError, metrics, server::Command};
use crate::local::is_local;

/// What the door leads to.
pub(crate) struct Admin {
    pub(crate) directory: Directory,
    pub(crate) pressure: Pressure,
    pub(crate) commands: mpsc::UnboundedSender<Command>,
}

impl Admin {
    /// Opens the door; gives its address.
    pub(crate) fn start(self, address: SocketAddr) -> Result<SocketAddr, DevError> {
        let listener =
            std::net::TcpListener::bind(address).map_err(|source| DevError::Listen { address, source })?;
        let start = |source| DevError::Start { source };
        listener.set_nonblocking(true).map_err(start)?;
        let address = listener.local_addr().map_err(start)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(start)?;
        let admin = Arc::new(self);
        let serving = move || {
            runtime.block_on(async move {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                loop {
                    let Ok((stream, _)) = listener.accept().await else { continue };
                    let admin = admin.clone();
                    let service = service_fn(move |request| {
                        let admin = admin.clone();
                        async move { Ok::<_, Infallible>(admin.answer(&request)) }
                    });
                    let connection = http1::Builder::new()
                        .timer(TokioTimer::new())
                        .serve_connection(TokioIo::new(stream), service);
                    tokio::spawn(connection);
                }
            });
        };
        std::thread::Builder::new().name("admin".into()).spawn(serving).map_err(start)?;
        Ok(address)
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if !is_local(request) {
            return text(StatusCode::FORBIDDEN, "web pages may not ask this\n".to_owned());
        }
        let path: Vec<&str> = request.uri().path().trim_matches('/').split('/').collect();
        match (request.method(), path.as_slice()) {
            (&Method::GET, ["healthz"]) => text(StatusCode::OK, "ok\n".to_owned()),
            (&Method::GET, ["readyz"]) if self.pressure.is_high() => {
                text(StatusCode::SERVICE_UNAVAILABLE, "short of memory\n".to_owned())
            }
            (&Method::GET, ["readyz"]) => text(StatusCode::OK, "ok\n".to_owned()),
            (&Method::GET, ["metrics"]) => self.metrics(),
            (&Method::GET, ["stats"]) => json(&metrics::json(&self.directory)),
            (&Method::GET, ["workers", name, "events"]) => match self.directory.get(name) {
                Some(entry) => json(&metrics::events_json(&entry.stats)),
                None => unknown(name),
            },
            (&Method::POST, ["workers", name, "stop"]) => self.stop(name),
            (&Method::POST, ["workers", name, "start"]) => self.start_again(name),
            _ => text(StatusCode::NOT_FOUND, PATHS.to_owned()),
        }
    }

    fn metrics(&self) -> Response<Full<Bytes>> {
        match metrics::open_metrics(&self.directory, memory::resident_bytes().unwrap_or(0)) {
            Ok(body) => {
                let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
                of_type(text(StatusCode::OK, body), kind)
            }
            Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
        }
    }

    fn stop(&self, name: &str) -> Response<Full<Bytes>> {
        let Some(entry) = self.directory.get(name) else { return unknown(name) };
        entry.kill_switch.stop();
        // The turn that ran is stopped; this ends the events that wait.
        let _ = self.commands.send(Command::Stop { name: name.to_owned() });
        text(StatusCode::OK, format!("{name} is stopped\n"))
    }

    fn start_again(&self, name: &str) -> Response<Full<Bytes>> {
        let Some(entry) = self.directory.get(name) else { return unknown(name) };
        entry.kill_switch.start();
        text(StatusCode::OK, format!("{name} takes requests again\n"))
    }
}

fn unknown(name: &str) -> Response<Full<Bytes>> {
    text(StatusCode::NOT_FOUND, format!("no worker is called `{name}`; see /stats\n"))
}

const PATHS: &str = "GET /healthz, /readyz, /metrics, /stats or /workers/<name>/events; POST /workers/<name>/stop or /workers/<name>/start\n";

fn text(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response
}

fn json(value: &serde_json::Value) -> Response<Full<Bytes>> {
    of_type(text(StatusCode::OK, format!("{value:#}\n")), "application/json; charset=utf-8")
}

fn of_type(mut response: Response<Full<Bytes>>, kind: &'static str) -> Response<Full<Bytes>> {
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response
}
