//! Requests, answers and bodies.

use super::*;

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
