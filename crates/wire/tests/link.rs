//! Two ends of a link, and ends that meet a peer who does what it must not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on panics")]

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

const STREAMS_MAX: usize = 64;
const HELD_BYTES_MAX: usize = 64 << 20;

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let test = async { tokio::time::timeout(Duration::from_secs(20), test).await.expect("it ends in time") };
    LocalSet::new().block_on(&runtime, test);
}

struct Handler<F>(F);

impl<F: Fn(Request, Reply)> Receiver for Handler<F> {
    fn request(&self, request: Request, reply: Reply) {
        (self.0)(request, reply);
    }
}

fn options(side: Side) -> LinkOptions {
    LinkOptions { side, streams_max: STREAMS_MAX, held_bytes_max: HELD_BYTES_MAX }
}

/// A host's end whose cell answers with `handler`.
fn pair(handler: impl Fn(Request, Reply) + 'static) -> (Link, JoinHandle<Ended>) {
    let (host_socket, cell_socket) = UnixStream::pair().unwrap();
    let (host, driver) = Link::new(options(Side::Host));
    let (_cell, cell_driver) = Link::new(options(Side::Cell));
    spawn_local(async move { cell_driver.run(cell_socket, Handler(handler)).await });
    let ended = spawn_local(async move { driver.run(host_socket, Handler(|_, _| ())).await });
    (host, ended)
}

fn request(body: Body) -> Request {
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

async fn bytes_of(body: Body) -> Result<Bytes, BodyError> {
    body.collect().await.map(http_body_util::Collected::to_bytes)
}

/// A body that comes in pieces.
fn pieces(count: usize, bytes: usize) -> Body {
    let piece = Bytes::from(vec![b'x'; bytes]);
    let frames = (0..count).map(move |_| Ok(http_body::Frame::data(piece.clone())));
    Body::stream(StreamBody::new(futures_util::stream::iter(frames)))
}

#[test]
fn a_request_gets_its_answer() {
    run(async {
        let (host, _) = pair(|request, reply| {
            drop(spawn_local(async move {
                assert_eq!((request.worker, request.url.as_str()), (3, "http://w.example/"));
                let body = bytes_of(request.body).await.unwrap();
                let mut response = Response::new(full([b"got ", &body[..]].concat()));
                response.extensions_mut().insert(ReasonPhrase("Very Well".into()));
                response.headers_mut().append("set-cookie", "a=1".parse().unwrap());
                response.headers_mut().append("set-cookie", "b=2".parse().unwrap());
                reply.respond(response);
            }));
        });
        for text in ["", "hello"] {
            let response = host.request(request(full(text))).await.unwrap();
            assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
            assert_eq!(response.extensions().get::<ReasonPhrase>().unwrap().0, "Very Well");
            assert_eq!(bytes_of(response.into_body()).await.unwrap(), format!("got {text}"));
        }
        assert_eq!((host.begun(), host.under_way()), (2, 0));
    });
}

#[test]
fn bodies_stream_both_ways_at_once_and_keep_their_length() {
    run(async {
        let (host, _) = pair(|request, reply| reply.respond(Response::new(request.body)));
        for (count, bytes) in [(1, 20_000), (50, 100_000), (3_000, 1_000)] {
            let response = host.request(request(pieces(count, bytes))).await.unwrap();
            assert_eq!(bytes_of(response.into_body()).await.unwrap().len(), count * bytes);
        }
        let known = full(vec![1; 300_000]);
        let response = host.request(request(known)).await.unwrap();
        assert_eq!(http_body::Body::size_hint(response.body()).exact(), Some(300_000));
        assert_eq!(bytes_of(response.into_body()).await.unwrap().len(), 300_000);
        assert_eq!(host.under_way(), 0);
    });
}

#[test]
fn a_slow_reader_holds_up_nobody_but_himself() {
    run(async {
        let sent = Arc::new(AtomicUsize::new(0));
        let counted = sent.clone();
        let (host, _) = pair(move |request, reply| {
            let counted = counted.clone();
            let frames = (0..10_000).map(move |_| {
                counted.fetch_add(1, Ordering::Relaxed);
                Ok(http_body::Frame::data(Bytes::from_static(&[0; 1_000])))
            });
            let body = if request.worker == 3 {
                Body::stream(StreamBody::new(futures_util::stream::iter(frames)))
            } else {
                full("fast")
            };
            reply.respond(Response::new(body));
        });
        let slow = host.request(request(empty())).await.unwrap();
        for _ in 0..50 {
            let fast = host.request(Request { worker: 4, ..request(empty()) }).await.unwrap();
            assert_eq!(bytes_of(fast.into_body()).await.unwrap(), "fast");
        }
        let ahead = sent.load(Ordering::Relaxed);
        assert!(ahead <= 133, "{ahead} pieces of 1,000 bytes are more than a window");
        assert_eq!(bytes_of(slow.into_body()).await.unwrap().len(), 10_000_000);
    });
}

#[test]
fn whoever_gives_up_is_noticed() {
    run(async {
        let alive = Arc::new(AtomicUsize::new(0));
        let count = alive.clone();
        let (host, _) = pair(move |request, reply| {
            let cancelled = reply.cancelled();
            let count = count.clone();
            count.fetch_add(1, Ordering::Relaxed);
            drop(spawn_local(async move {
                let (_reply, _request) = (reply, request);
                cancelled.await;
                count.fetch_sub(1, Ordering::Relaxed);
            }));
        });
        let waiting = tokio::time::timeout(Duration::from_millis(50), host.request(request(empty()))).await;
        assert!(waiting.is_err());
        while alive.load(Ordering::Relaxed) > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(host.under_way(), 0);
    });
}

#[test]
fn a_dropped_response_stops_its_sender_and_a_dropped_upload_does_not_end_the_exchange() {
    run(async {
        let (host, ended) = pair(|request, reply| {
            if request.worker == 3 {
                let endless = futures_util::stream::repeat_with(|| {
                    Ok(http_body::Frame::data(Bytes::from_static(&[0; 9_999])))
                });
                return reply.respond(Response::new(Body::stream(StreamBody::new(endless))));
            }
            drop(request.body);
            drop(spawn_local(async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                reply.respond(Response::new(full("without reading")));
            }));
        });
        let endless = host.request(request(empty())).await.unwrap();
        drop(endless);
        let upload = Request { worker: 4, ..request(pieces(1_000, 10_000)) };
        let response = host.request(upload).await.unwrap();
        assert_eq!(bytes_of(response.into_body()).await.unwrap(), "without reading");
        assert_eq!(host.under_way(), 0);
        assert!(!ended.is_finished());
    });
}

#[test]
fn errors_travel() {
    run(async {
        let (host, _) = pair(|request, reply| match request.worker {
            1 => reply.fail("why".into()),
            2 => drop(reply),
            _ => {
                let broken = [
                    Ok(http_body::Frame::data(Bytes::from_static(b"half"))),
                    Err(BodyError::Encoding { reason: "odd".into() }),
                ];
                let body = Body::stream(StreamBody::new(futures_util::stream::iter(broken)));
                reply.respond(Response::new(body));
            }
        });
        let ask = |worker| host.request(Request { worker, ..request(empty()) });
        assert_eq!(ask(1).await.unwrap_err(), RequestError::Failed("why".into()));
        assert_eq!(ask(2).await.unwrap_err(), RequestError::Failed("".into()));
        let error = bytes_of(ask(3).await.unwrap().into_body()).await.unwrap_err();
        assert!(matches!(&error, BodyError::Encoding { reason } if reason == "odd"), "{error}");
    });
}

#[test]
fn a_head_that_is_too_large_is_not_sent_whatever_makes_it_so() {
    run(async {
        let long = "x".repeat(300_000);
        let reason = Bytes::from(long.clone());
        let (host, _) = pair(move |request, reply| {
            let mut response = Response::new(full("fine"));
            if request.worker == 1 {
                response.extensions_mut().insert(ReasonPhrase(reason.clone()));
            }
            reply.respond(response);
        });
        let method = Method::from_bytes(long.as_bytes()).unwrap();
        let (url, target) = (long.clone(), long);
        for too_large in [
            Request { method, ..request(empty()) },
            Request { url, ..request(empty()) },
            Request { target, ..request(empty()) },
        ] {
            assert_eq!(host.request(too_large).await.unwrap_err(), RequestError::TooLarge);
        }
        let asked = host.request(Request { worker: 1, ..request(empty()) });
        assert_eq!(asked.await.unwrap_err(), RequestError::Failed("".into()));
        let after = host.request(Request { worker: 2, ..request(empty()) }).await.unwrap();
        assert_eq!(bytes_of(after.into_body()).await.unwrap(), "fine");
    });
}

/// A body that says five bytes and has others to give.
struct Liar(std::collections::VecDeque<&'static [u8]>);

impl http_body::Body for Liar {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, BodyError>>> {
        let next = self.0.pop_front();
        assert_ne!(next, Some(&b"panic"[..]), "a decoder with a mistake in it");
        std::task::Poll::Ready(next.map(|bytes| Ok(http_body::Frame::data(Bytes::from_static(bytes)))))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(5)
    }
}

#[test]
fn a_body_that_breaks_its_promise_or_panics_breaks_off_and_the_link_goes_on() {
    run(async {
        let said: [&[&[u8]]; 4] = [&[b"too long"], &[b"abc", b"too long"], &[b"abc", b"panic"], &[b"short"]];
        let (host, ended) = pair(move |request, reply| {
            let pieces = said[request.worker as usize].iter().copied().collect();
            reply.respond(Response::new(Body::stream(Liar(pieces))));
        });
        for worker in 0..3 {
            let response = host.request(Request { worker, ..request(empty()) }).await.unwrap();
            let error = bytes_of(response.into_body()).await.unwrap_err();
            assert!(matches!(error, BodyError::Aborted { .. }), "{worker}: {error}");
        }
        let honest = host.request(Request { worker: 3, ..request(empty()) }).await.unwrap();
        assert_eq!(bytes_of(honest.into_body()).await.unwrap(), "short");
        assert!(!ended.is_finished());
    });
}

#[test]
fn who_waits_for_room_never_makes_a_link_hold_more_than_is_good_for_it() {
    run(async {
        let (host_socket, cell_socket) = UnixStream::pair().unwrap();
        let (host, driver) = Link::new(options(Side::Host));
        spawn_local(async move { driver.run(host_socket, Handler(|_, _| ())).await });
        let asked = Arc::new(AtomicUsize::new(0));
        // Nobody reads yet.
        for _ in 0..40 {
            let (host, asked) = (host.clone(), asked.clone());
            spawn_local(async move {
                host.room().await;
                asked.fetch_add(1, Ordering::Relaxed);
                drop(host.request(Request { url: "x".repeat(200_000), ..request(empty()) }).await);
            });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let before = asked.load(Ordering::Relaxed);
        assert!((5..20).contains(&before), "a megabyte or two: {before}");
        let mut cell_socket = cell_socket;
        let mut read = vec![0; 1 << 20];
        while asked.load(Ordering::Relaxed) < 40 {
            assert_ne!(cell_socket.read(&mut read).await.unwrap(), 0);
        }
        // A link that is over keeps nobody.
        host.close();
        host.room().await;
    });
}

#[test]
fn who_has_given_up_while_nobody_looked_is_known_before_anybody_begins() {
    run(async {
        let (host_socket, cell_socket) = UnixStream::pair().unwrap();
        let many = |side| LinkOptions { streams_max: 16_384, ..options(side) };
        let (host, driver) = Link::new(many(Side::Host));
        let (_cell, cell_driver) = Link::new(many(Side::Cell));
        let (begun, gone) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counts = (begun.clone(), gone.clone());
        let handler = move |_: Request, reply: Reply| {
            let mut given_up = std::pin::pin!(reply.cancelled());
            let mut nobody = std::task::Context::from_waker(std::task::Waker::noop());
            let count = if given_up.as_mut().poll(&mut nobody).is_ready() { &counts.1 } else { &counts.0 };
            count.fetch_add(1, Ordering::Relaxed);
            reply.respond(Response::new(empty()));
        };
        spawn_local(async move { driver.run(host_socket, Handler(|_, _| ())).await });
        // More than are given out at once.
        for _ in 0..500 {
            drop(host.request(request(empty())));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        spawn_local(async move { cell_driver.run(cell_socket, Handler(handler)).await });
        assert_eq!(host.request(request(empty())).await.unwrap().status(), 200);
        assert_eq!((begun.load(Ordering::Relaxed), gone.load(Ordering::Relaxed)), (1, 500));
    });
}

#[test]
fn a_thousand_large_requests_at_once_are_all_answered() {
    run(async {
        let (host_socket, cell_socket) = UnixStream::pair().unwrap();
        let many = |side| LinkOptions { streams_max: 16_384, ..options(side) };
        let (_host, driver) = Link::new(many(Side::Host));
        let (cell, cell_driver) = Link::new(many(Side::Cell));
        let answer = |_: Request, reply: Reply| {
            drop(spawn_local(async move {
                let (cancelled, room) = (reply.cancelled(), reply.room());
                tokio::select! {
                    biased;
                    () = room => reply.fail("no".into()),
                    () = cancelled => {}
                }
            }));
        };
        spawn_local(async move { driver.run(host_socket, Handler(answer)).await });
        spawn_local(async move { cell_driver.run(cell_socket, Handler(|_, _| ())).await });
        let asking = (0..1_000).map(|_| {
            let cell = cell.clone();
            spawn_local(async move {
                cell.room().await;
                let large = Request { url: "x".repeat(200_000), ..request(empty()) };
                assert_eq!(cell.request(large).await.unwrap_err(), RequestError::Failed("no".into()));
            })
        });
        for asked in asking.collect::<Vec<_>>() {
            asked.await.unwrap();
        }
    });
}

#[test]
fn a_switch_of_protocols_is_a_stream_of_bytes() {
    run(async {
        let (host, _) = pair(|request, mut reply| {
            assert!(request.upgrade);
            let stream = reply.upgraded();
            let mut response = Response::new(empty());
            *response.status_mut() =
                if request.worker == 3 { StatusCode::SWITCHING_PROTOCOLS } else { StatusCode::OK };
            reply.respond(response);
            drop(spawn_local(async move {
                let Some(stream) = stream.0.await else { return };
                let (mut from, mut to) = tokio::io::split(stream);
                let _ = tokio::io::copy(&mut from, &mut to).await;
                let _ = to.shutdown().await;
            }));
        });
        let asking = || Request { upgrade: true, ..request(empty()) };
        let response = host.request(asking()).await.unwrap();
        assert_eq!(response.status(), 101);
        let slot = response.extensions().get::<UpgradeSlot>().unwrap().take().unwrap();
        let stream: Box<dyn Duplex> = slot.0.await.unwrap();
        let (mut from, mut to) = tokio::io::split(stream);
        let sending = async {
            for _ in 0..100 {
                to.write_all(&[7; 9_000]).await.unwrap();
            }
            to.shutdown().await.unwrap();
        };
        let mut echoed = Vec::new();
        let ((), read) = tokio::join!(sending, from.read_to_end(&mut echoed));
        assert_eq!((read.unwrap(), echoed.len()), (900_000, 900_000));
        drop((from, to));
        let plain = host.request(Request { worker: 4, ..asking() }).await.unwrap();
        assert_eq!(bytes_of(plain.into_body()).await.unwrap(), "");
        assert_eq!(host.under_way(), 0);
    });
}

#[test]
fn a_lost_link_ends_all_that_is_under_way_and_says_which_it_was() {
    run(async {
        let (host_socket, cell_socket) = UnixStream::pair().unwrap();
        let (host, driver) = Link::new(options(Side::Host));
        let ended = spawn_local(async move { driver.run(host_socket, Handler(|_, _| ())).await });
        let first = host.request(request(empty()));
        let second = host.request(request(pieces(10, 10)));
        let (first, second) = (spawn_local(first), spawn_local(second));
        tokio::time::sleep(Duration::from_millis(10)).await;
        drop(cell_socket);
        assert_eq!(first.await.unwrap().unwrap_err(), RequestError::Lost { index: 0 });
        assert_eq!(second.await.unwrap().unwrap_err(), RequestError::Lost { index: 1 });
        // Its end was clean, or it had not read what was sent: the system says so.
        assert!(!matches!(ended.await.unwrap(), Ended::Violation(_)));
        assert_eq!(host.request(request(empty())).await.unwrap_err(), RequestError::Lost { index: 2 });
    });
}

#[test]
fn more_than_may_be_under_way_are_refused_here_and_a_violation_there() {
    run(async {
        // They never get an answer.
        let kept = std::cell::RefCell::new(Vec::new());
        let (host, ended) = pair(move |_request, reply| kept.borrow_mut().push(reply));
        let waiting: Vec<_> = (0..STREAMS_MAX / 4 * 3).map(|_| host.request(request(empty()))).collect();
        assert_eq!(host.request(request(empty())).await.unwrap_err(), RequestError::Full);
        drop(waiting);
        assert!(!ended.is_finished());
    });
}

/// What a host's end makes of bytes from a lost cell.
async fn host_reads(bytes: &[u8]) -> Ended {
    let (mut cell, host_socket) = tokio::io::duplex(1 << 20);
    let (host, driver) = Link::new(options(Side::Host));
    let kept = Rc::new(std::cell::RefCell::new(Vec::new()));
    let keep = kept.clone();
    let running =
        driver.run(host_socket, Handler(move |request, reply| keep.borrow_mut().push((request, reply))));
    let waiting = host.request(request(empty()));
    let sending = async {
        let _ = cell.write_all(bytes).await;
        let _ = cell.shutdown().await;
        // What comes back is read, so that nobody waits for that.
        let _ = cell.read_to_end(&mut Vec::new()).await;
    };
    let ((), ended) = tokio::join!(sending, running);
    // It ends too, with an answer or without.
    drop(waiting.await);
    ended
}

fn frame(kind: u8, flags: u8, exchange: u64, payload: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(payload.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend([kind, flags, 0, 0]);
    bytes.extend(exchange.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// A subrequest of a cell's, without a body if it has ended.
fn subrequest(exchange: u64, flags: u8) -> Vec<u8> {
    let mut payload = vec![0, 0, 0, 3, 0];
    payload.extend([0, 0, 0, 3, b'G', b'E', b'T', 0, 0, 0, 1, b'u', 0, 0, 0, 0, 0, 0]);
    frame(1, flags, exchange, &payload)
}

/// What a lost cell sends, and which violation that is.
type Case = (&'static str, Vec<u8>, fn(&Violation) -> bool);

#[test]
fn a_lost_cell_gets_nowhere_with_frames_that_no_cell_sends() {
    run(async {
        let answer = |flags| frame(2, flags, 0, &[0, 200, 0, 0]);
        let cases: Vec<Case> = vec![
            ("garbage", vec![0xa5; 100], |v| {
                matches!(v, Violation::UnknownFrame { .. } | Violation::FrameTooLong { .. })
            }),
            ("a skipped number", subrequest(3, 1), |v| matches!(v, Violation::WrongExchange { next: 0, .. })),
            ("the host's number", subrequest(0, 1), |v| matches!(v, Violation::WrongExchange { .. })),
            ("a number twice", [subrequest(1, 1), subrequest(1, 1)].concat(), |v| {
                matches!(v, Violation::WrongExchange { next: 1, .. })
            }),
            ("an answer to nothing", frame(2, 1, 2, &[0, 200, 0, 0]), |v| {
                matches!(v, Violation::WrongExchange { .. })
            }),
            (
                "an answer to its own request",
                [subrequest(1, 0), frame(2, 1, 1, &[0, 200, 0, 0])].concat(),
                |v| matches!(v, Violation::OutOfTurn { .. }),
            ),
            ("a second answer", [answer(0), answer(0)].concat(), |v| {
                matches!(v, Violation::OutOfTurn { .. })
            }),
            ("a body before its head", frame(4, 0, 0, b"x"), |v| matches!(v, Violation::OutOfTurn { .. })),
            ("a switch that nobody asked for", frame(2, 0, 0, &[0, 101, 0, 0]), |v| {
                matches!(v, Violation::OutOfTurn { .. })
            }),
            ("more credit than there is", [subrequest(1, 1), frame(7, 0, 1, &[0, 0, 0, 1])].concat(), |v| {
                matches!(v, Violation::TooMuch { .. })
            }),
            (
                "more bytes than were asked for",
                [
                    subrequest(1, 0),
                    frame(4, 0, 1, &[0; 65_536]),
                    frame(4, 0, 1, &[0; 65_536]),
                    frame(4, 0, 1, b"x"),
                ]
                .concat(),
                |v| matches!(v, Violation::TooMuch { bytes: 1, .. }),
            ),
            (
                "too many at once",
                (0..=STREAMS_MAX as u64).flat_map(|n| subrequest(n * 2 + 1, 1)).collect(),
                |v| matches!(v, Violation::TooManyExchanges { .. }),
            ),
            ("a frame of 4 GiB", [255, 255, 255, 255, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].to_vec(), |v| {
                matches!(v, Violation::FrameTooLong { .. })
            }),
        ];
        for (what, bytes, expected) in cases {
            let ended = host_reads(&bytes).await;
            assert!(
                matches!(&ended, Ended::Violation(violation) if expected(violation)),
                "{what}: {ended:?}"
            );
        }
    });
}

#[test]
fn frames_that_cross_on_their_way_do_no_harm() {
    run(async {
        let late = [
            subrequest(1, 1),
            frame(9, 0, 1, b""),
            frame(4, 0, 1, b"late"),
            frame(5, 0, 1, b""),
            frame(7, 0, 1, &[0, 0, 0, 9]),
            frame(8, 0, 1, b""),
            frame(9, 0, 1, b""),
        ];
        let ended = host_reads(&late.concat()).await;
        assert!(matches!(ended, Ended::Closed), "{ended:?}");
        let floods: Vec<u8> = (0..5_000_u64)
            .flat_map(|n| [subrequest(n * 2 + 1, 1), frame(9, 0, n * 2 + 1, b"")].concat())
            .collect();
        let ended = host_reads(&floods).await;
        assert!(matches!(ended, Ended::Closed), "{ended:?}");
    });
}

/// Numbers that are the same in every run (SplitMix64).
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

#[test]
fn no_bytes_whatever_make_a_host_panic() {
    run(async {
        let mut random = Seeded(42);
        for round in 0..3_000 {
            let mut bytes = Vec::new();
            let mut next = 0;
            for _ in 0..random.below(12) {
                let exchange = if random.below(4) == 0 { 0 } else { random.below(next + 1) * 2 + 1 };
                let length = usize::try_from(random.below(40)).unwrap();
                let payload: Vec<u8> = (0..length).map(|_| random.next().to_be_bytes()[0]).collect();
                let kind = u8::try_from(1 + random.below(9)).unwrap();
                bytes.extend(match random.below(3) {
                    0 => {
                        next += 1;
                        subrequest(next * 2 - 1, u8::try_from(random.below(4)).unwrap())
                    }
                    1 => frame(2, 1, 0, &[0, 200, 0, 0]),
                    _ => frame(kind, u8::try_from(random.below(9)).unwrap(), exchange, &payload),
                });
            }
            for _ in 0..random.below(3) {
                if let Some(at) = usize::try_from(random.below(bytes.len().max(1) as u64))
                    .ok()
                    .filter(|at| *at < bytes.len())
                {
                    bytes[at] = random.next().to_be_bytes()[0];
                }
            }
            // A panic fails the test; the round says which bytes they were.
            let ended = host_reads(&bytes).await;
            drop((round, ended));
        }
    });
}
