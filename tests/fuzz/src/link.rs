//! What a cell sends over its link, as the host reads it: the cell may be an attacker's.

use http::{HeaderMap, Method, Response};
use http_body_util::BodyExt;
use mote_wire::{
    http::{empty, full},
    link::{HEAD_BYTES_MAX, Kind, Link, LinkOptions, Receiver, Reply, Request, Side},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::{LocalSet, spawn_local},
};

use crate::Target;

/// Frames, and what stands in them.
pub(crate) const WORDS: &[&str] = &[
    "\0\0\0\0\u{5}\0\0\0\0\0\0\0\0\0\0\u{1}",
    "\0\0\0\0\u{8}\0\0\0\0\0\0\0\0\0\0\u{3}",
    "\0\0\0\0\u{9}\0\0\0\0\0\0\0\0\0\0\u{1}",
    "\0\0\0\u{5}\u{4}\0\0\0\0\0\0\0\0\0\0\u{3}hello",
    "\0\0\0\u{4}\u{7}\0\0\0\0\0\0\0\0\0\0\u{1}\0\0\0\u{9}",
    "\0\0\0\0\u{1}\0\0\0\0\0\0\0\0\0\0\u{5}",
    "\u{7f}\u{7f}\u{7f}\u{7f}",
    "\0\0",
    "\u{1}",
    "GET",
    "http://a/",
    "content-length",
];

const STREAMS_MAX: usize = 16;
const HELD_BYTES_MAX: usize = 4 << 10;

/// Reads the bodies of some workers, and lets those of others lie.
struct Reads;

impl Receiver for Reads {
    fn request(&self, request: Request, reply: Reply) {
        spawn_local(async move {
            if request.worker % 2 == 1 {
                std::future::pending::<()>().await;
            }
            drop(request.body.collect().await);
            reply.respond(Response::new(full("here")));
        });
    }
}

pub(crate) fn read(_target: &Target, bytes: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let (mut cell, socket) = tokio::io::duplex(64 << 10);
        let options =
            LinkOptions { side: Side::Host, streams_max: STREAMS_MAX, held_bytes_max: HELD_BYTES_MAX };
        let (host, driver) = Link::new(options);
        let asking = spawn_local(host.request(Request {
            worker: 0,
            kind: Kind::Fetch,
            method: Method::GET,
            url: "http://a.example/".to_owned(),
            headers: HeaderMap::new(),
            body: empty(),
            upgrade: false,
            target: String::new(),
        }));
        let sending = async {
            drop(cell.write_all(bytes).await);
            // A head may be more than there is room for: the next one is failed then.
            assert!(host.held_bytes() <= HELD_BYTES_MAX + 2 * HEAD_BYTES_MAX, "{}", host.held_bytes());
            drop(cell.shutdown().await);
            drop(cell.read_to_end(&mut Vec::new()).await);
        };
        tokio::join!(sending, driver.run(socket, Reads));
        if let Ok(Ok(response)) = asking.await {
            drop(response.into_body().collect().await);
        }
        assert_eq!(host.held_bytes(), 0, "a link that has ended holds something");
    });
}
