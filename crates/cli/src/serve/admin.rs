//! The operator's door of a node: health, metrics, cells, and the kill switch.
//!
//! It is served by the node's own thread: what runs workers is elsewhere. Whoever reaches it may stop workers, so it listens
//! on loopback unless the operator says otherwise, and web pages are turned away.

use std::{convert::Infallible, rc::Rc, sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode, body::Bytes, body::Incoming, header, server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use mote_host::{
    api::{Api, PREFIX},
    cron::Missed,
    deployed::{Holds, Order},
    logs::Logs,
    otlp::Exporter,
    patience::Patience,
    supervisor::{CellStats, Supervisor, WorkerTotals},
    tails::{self, Tails},
};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::{
    log::{Level, about},
    metrics::{self, Watching},
};
use crate::local::is_local;

/// What the door leads to.
pub(super) struct Admin {
    pub(super) supervisor: Rc<Supervisor>,
    pub(super) api: Rc<Api>,
    pub(super) tails: Rc<Tails>,
    pub(super) logs: Option<Rc<Logs>>,
    pub(super) spans: Option<Rc<Exporter>>,
    pub(super) crons_missed: Missed,
}

/// How long a client may take for the head of its request, also for the first byte of it.
const HEAD_MAX: Duration = Duration::from_secs(15);

const PATHS: &str = "GET /healthz, /readyz, /metrics, /cells or /stats; \
                     POST /workers/<name>/stop, /start, /isolate or /release; \
                     the deploy API under /client/v4/; live tails under /tails/\n";

impl Admin {
    /// Serves one connection.
    pub(super) async fn serve_connection(self: Rc<Self>, stream: TcpStream) {
        // One without an address is broken already.
        let Ok(from) = stream.peer_addr() else { return };
        let service = service_fn(move |request: Request<Incoming>| {
            let admin = self.clone();
            async move {
                if is_local(&request) && request.uri().path().starts_with(PREFIX) {
                    return Ok::<_, Infallible>(admin.api.answer(request, from.ip()).await);
                }
                if is_local(&request) && request.uri().path().starts_with(tails::PREFIX) {
                    return Ok(admin.tails.answer(request));
                }
                Ok(admin.answer(&request).await)
            }
        });
        // A connection that breaks ends, and nothing else.
        let _ = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_MAX)
            .serve_connection(TokioIo::new(Patience::new(stream)), service)
            .with_upgrades()
            .await;
    }

    async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if !is_local(request) {
            return text(StatusCode::FORBIDDEN, "web pages may not ask this\n".to_owned());
        }
        let path: Vec<&str> = request.uri().path().trim_matches('/').split('/').collect();
        match (request.method(), path.as_slice()) {
            (&Method::GET, ["healthz"]) => text(StatusCode::OK, "ok\n".to_owned()),
            (&Method::GET, ["readyz"]) => self.readiness(),
            (&Method::GET, ["metrics"]) => self.metrics(),
            (&Method::GET, ["cells"]) => document(&self.cells()),
            (&Method::GET, ["stats"]) => document(&self.stats()),
            (&Method::POST, ["workers", name, order]) => self.order(name, order).await,
            _ => text(StatusCode::NOT_FOUND, PATHS.to_owned()),
        }
    }

    /// A node is ready once a cell is.
    fn readiness(&self) -> Response<Full<Bytes>> {
        let stats = self.supervisor.stats();
        if stats.cells.iter().any(|cell| matches!(cell.stage, "blank" | "serving")) {
            text(StatusCode::OK, "ok\n".to_owned())
        } else {
            text(StatusCode::SERVICE_UNAVAILABLE, "no cell is up\n".to_owned())
        }
    }

    fn metrics(&self) -> Response<Full<Bytes>> {
        let spans = self.spans.as_ref().map(|spans| spans.stats());
        let crons_missed = self.crons_missed.count();
        let logs = self.logs.as_ref().map(|logs| logs.counts());
        let watching = Watching { lost: self.tails.lost(), crons_missed, logs, spans };
        match metrics::open_metrics(self.supervisor.stats(), watching) {
            Ok(body) => {
                let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
                of_type(text(StatusCode::OK, body), kind)
            }
            Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
        }
    }

    /// The cells, and what has become of those before them.
    fn cells(&self) -> Value {
        let stats = self.supervisor.stats();
        let incidents: serde_json::Map<String, Value> =
            stats.incidents.iter().map(|(kind, count)| (kind.as_str().to_owned(), (*count).into())).collect();
        json!({
            "cells": stats.cells.iter().map(CellStats::to_json).collect::<Vec<_>>(),
            "incidents": incidents,
            "retries": stats.retries,
            "replacements": stats.replacements.count,
            "replacement_ms_max": stats.replacements.max.as_secs_f64() * 1000.0,
            "suspects": stats.suspects.values().sum::<u64>(),
            "isolates_left": stats.left,
            "lines_dropped": stats.lines_dropped,
        })
    }

    /// What each worker has used; the same shape as under `mote dev`, as far as it is known here.
    fn stats(&self) -> Value {
        let stats = self.supervisor.stats();
        let worker = |(name, totals): &(Arc<str>, WorkerTotals)| {
            json!({
                "worker": name.as_ref(),
                "events": totals.outcomes,
                "events_under_way": stats.under_way.get(name).copied().unwrap_or(0),
                "cpu_us": totals.cpu_us,
                "wall_us": totals.wall_us,
                "subrequests": totals.subrequests,
                "bytes_in": totals.bytes_in,
                "bytes_out": totals.bytes_out,
                "isolates_started": totals.isolates_started,
                "memory_bytes_peak": totals.memory_bytes_peak,
            })
        };
        stats.workers.iter().map(worker).collect()
    }

    /// Carries out an order about a worker, and writes it into the log: who looks for why a worker is silent finds it there.
    async fn order(&self, name: &str, order: &str) -> Response<Full<Bytes>> {
        let Some(order) = Order::named(order) else {
            return text(StatusCode::NOT_FOUND, PATHS.to_owned());
        };
        let says = match order {
            Order::Stop => "is stopped",
            Order::Start => "takes requests again",
            Order::Isolate => "has a cell of its own",
            Order::Release => "may share a cell again",
        };
        let holds = match self.api.order(name, order).await {
            Ok(holds) => holds,
            Err(error) => return text(StatusCode::NOT_FOUND, format!("{error}; see /stats\n")),
        };
        let (level, status, until) = match holds {
            Holds::Kept => (Level::Info, StatusCode::OK, String::new()),
            Holds::UntilTheEnd => (Level::Info, StatusCode::OK, " until the node ends".to_owned()),
            Holds::Unwritten(error) => (
                Level::Error,
                StatusCode::INTERNAL_SERVER_ERROR,
                format!(", but only until the node ends: it could not be written down: {error}"),
            ),
        };
        let of = [
            ("kind", "change".into()),
            ("worker", name.into()),
            ("change", order.as_str().into()),
            ("by", "operator".into()),
        ];
        about(level, &of, format_args!("`{name}` {says}{until}: the operator's order"));
        text(status, format!("{name} {says}{until}\n"))
    }
}

fn text(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response
}

fn document(value: &Value) -> Response<Full<Bytes>> {
    of_type(text(StatusCode::OK, format!("{value:#}\n")), "application/json; charset=utf-8")
}

fn of_type(mut response: Response<Full<Bytes>>, kind: &'static str) -> Response<Full<Bytes>> {
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response
}
