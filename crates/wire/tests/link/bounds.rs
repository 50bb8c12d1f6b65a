//! What is too large, too much or too late.

use super::*;

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
