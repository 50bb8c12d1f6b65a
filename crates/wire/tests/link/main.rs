//! Two ends of a link, and ends that meet a peer who does what it must not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on panics")]

mod bounds;
mod exchanges;
mod hostile;

use std::{
    future::Future,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use mote_wire::{
    http::{Body, BodyError, Duplex, UpgradeSlot, empty, full},
    link::{
        Ended, Kind, Link, LinkOptions, ReasonPhrase, Receiver, Reply, Request, RequestError, Side, Violation,
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    task::{JoinHandle, LocalSet, spawn_local},
};

pub(crate) const STREAMS_MAX: usize = 64;
pub(crate) const HELD_BYTES_MAX: usize = 64 << 20;

pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let test = async { tokio::time::timeout(Duration::from_secs(20), test).await.expect("it ends in time") };
    LocalSet::new().block_on(&runtime, test);
}

pub(crate) struct Handler<F>(pub(crate) F);

impl<F: Fn(Request, Reply)> Receiver for Handler<F> {
    fn request(&self, request: Request, reply: Reply) {
        (self.0)(request, reply);
    }
}

pub(crate) fn options(side: Side) -> LinkOptions {
    LinkOptions { side, streams_max: STREAMS_MAX, held_bytes_max: HELD_BYTES_MAX }
}

/// A host's end whose cell answers with `handler`.
pub(crate) fn pair(handler: impl Fn(Request, Reply) + 'static) -> (Link, JoinHandle<Ended>) {
    let (host_socket, cell_socket) = UnixStream::pair().unwrap();
    let (host, driver) = Link::new(options(Side::Host));
    let (_cell, cell_driver) = Link::new(options(Side::Cell));
    spawn_local(async move { cell_driver.run(cell_socket, Handler(handler)).await });
    let ended = spawn_local(async move { driver.run(host_socket, Handler(|_, _| ())).await });
    (host, ended)
}

pub(crate) fn request(body: Body) -> Request {
    let headers = HeaderMap::new();
    let (method, url) = (Method::POST, "http://w.example/".to_owned());
    Request {
        worker: 3,
        kind: Kind::Fetch,
        method,
        url,
        headers,
        body,
        upgrade: false,
        target: String::new(),
    }
}

pub(crate) async fn bytes_of(body: Body) -> Result<Bytes, BodyError> {
    body.collect().await.map(http_body_util::Collected::to_bytes)
}

/// A body that comes in pieces.
pub(crate) fn pieces(count: usize, bytes: usize) -> Body {
    let piece = Bytes::from(vec![b'x'; bytes]);
    let frames = (0..count).map(move |_| Ok(http_body::Frame::data(piece.clone())));
    Body::stream(StreamBody::new(futures_util::stream::iter(frames)))
}
