//! Sessions, with a real client.

use std::net::{Ipv4Addr, SocketAddr};

use futures_util::{SinkExt, StreamExt};
use http::{HeaderValue, Request, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    io::{DuplexStream, duplex},
    net::{TcpListener, TcpStream},
    task::{LocalSet, spawn_local},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{
    super::session::{PREFIX, PROTOCOL, config, watch},
    *,
};

type Client = WebSocketStream<TcpStream>;

/// Serves tails as the admin's listener does.
async fn serve(tails: &Rc<Tails>) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let tails = tails.clone();
    spawn_local(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let tails = tails.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let tails = tails.clone();
                async move { Ok::<_, std::convert::Infallible>(tails.answer(request)) }
            });
            spawn_local(async move {
                http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades().await
            });
        }
    });
    address
}

fn asking(address: SocketAddr, token: &str) -> Request<()> {
    let mut request = format!("ws://{address}{PREFIX}{token}").into_client_request().unwrap();
    request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    request
}

async fn connect(address: SocketAddr, request: Request<()>) -> Result<Client, u16> {
    let stream = TcpStream::connect(address).await.unwrap();
    match client_async(request, stream).await {
        Ok((client, response)) => {
            assert_eq!(response.headers()[header::SEC_WEBSOCKET_PROTOCOL], PROTOCOL);
            Ok(client)
        }
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

/// The next message that is no ping of the server's.
async fn next<S>(client: &mut WebSocketStream<S>) -> Option<Message>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    loop {
        match client.next().await {
            Some(Ok(Message::Ping(_))) => {}
            other => return other.and_then(Result::ok),
        }
    }
}

async fn nobody_watches(tails: &Tails) {
    tails.watched().wait_for(|watched| watched.is_empty()).await.unwrap();
}

#[tokio::test]
async fn a_client_of_trace_v1_sees_events_until_the_tail_is_deleted() {
    let scenario = async {
        let tails = Tails::new();
        let address = serve(&tails).await;
        let made = tails.create("acme", "shop", everything()).unwrap();
        let early = printed("shop", vec![json!("between the two calls")]);
        tails.publish(&early);
        let mut client = connect(address, asking(address, &made.token)).await.unwrap();
        client.send(Message::text(r#"{"debug":false}"#)).await.unwrap();
        assert_eq!(next(&mut client).await, Some(Message::text(early.to_json())));
        client.send(Message::Ping("wrangler tail ping".into())).await.unwrap();
        assert_eq!(next(&mut client).await, Some(Message::Pong("wrangler tail ping".into())));
        let late = printed("shop", vec![json!({"a": "\u{1f4a9}"})]);
        tails.publish(&late);
        assert_eq!(next(&mut client).await, Some(Message::text(late.to_json())));
        assert!(tails.remove("acme", "shop", &made.id));
        let Some(Message::Close(Some(CloseFrame { code, .. }))) = next(&mut client).await else {
            panic!("it is closed")
        };
        assert_eq!(code, CloseCode::Normal, "wrangler ends by itself");
        assert_eq!(connect(address, asking(address, &made.token)).await.err(), Some(404));
    };
    LocalSet::new().run_until(scenario).await;
}

#[tokio::test]
async fn only_the_token_opens_a_tail_and_only_once() {
    let scenario = async {
        let tails = Tails::new();
        let address = serve(&tails).await;
        let made = tails.create("acme", "shop", everything()).unwrap();
        for token in ["", "x", &made.id, "../tails", made.token.split_at(1).1] {
            assert_eq!(connect(address, asking(address, token)).await.err(), Some(404), "{token}");
        }
        let change = |change: &dyn Fn(&mut http::HeaderMap)| {
            let mut request = asking(address, &made.token);
            change(request.headers_mut());
            // tungstenite itself would not send all of these.
            tails.answer(request).status().as_u16()
        };
        let set = |name: header::HeaderName, value: &'static str| {
            move |headers: &mut http::HeaderMap| {
                headers.insert(&name, HeaderValue::from_static(value));
            }
        };
        assert_eq!(change(&set(header::SEC_WEBSOCKET_PROTOCOL, "trace-v2")), 400);
        assert_eq!(change(&|headers| drop(headers.remove(header::SEC_WEBSOCKET_PROTOCOL))), 400);
        assert_eq!(change(&set(header::SEC_WEBSOCKET_VERSION, "12")), 426);
        assert_eq!(change(&set(header::UPGRADE, "h2c")), 426);
        assert_eq!(change(&|headers| drop(headers.remove(header::SEC_WEBSOCKET_KEY))), 426);
        let mut client = connect(address, asking(address, &made.token)).await.unwrap();
        assert_eq!(connect(address, asking(address, &made.token)).await.err(), Some(409));
        tails.publish(&printed("shop", vec![json!("still here")]));
        assert!(next(&mut client).await.unwrap().to_text().unwrap().contains("still here"));
        client.close(None).await.unwrap();
        nobody_watches(&tails).await;
        assert_eq!(connect(address, asking(address, &made.token)).await.err(), Some(404), "it is used up");
    };
    LocalSet::new().run_until(scenario).await;
}

#[tokio::test]
async fn a_client_that_breaks_off_leaves_nothing_behind() {
    let scenario = async {
        let tails = Tails::new();
        let address = serve(&tails).await;
        let made = tails.create("acme", "shop", everything()).unwrap();
        let client = connect(address, asking(address, &made.token)).await.unwrap();
        drop(client);
        nobody_watches(&tails).await;
        assert!(tails.list("acme", "shop").is_empty());
    };
    LocalSet::new().run_until(scenario).await;
}

#[tokio::test]
async fn a_client_that_says_something_else_is_turned_out() {
    let scenario = async {
        let tails = Tails::new();
        let address = serve(&tails).await;
        for nonsense in [
            Message::text("hello"),
            Message::text("{\"debug\":1}"),
            Message::text("[".repeat(1_000)),
            Message::binary("{\"debug\":true}"),
            Message::text(format!("{{\"debug\":true,\"more\":\"{}\"}}", "x".repeat(2 << 10))),
        ] {
            let made = tails.create("acme", "shop", everything()).unwrap();
            let mut client = connect(address, asking(address, &made.token)).await.unwrap();
            client.send(nonsense).await.unwrap();
            // A close, or an end without one where nothing more can be read.
            assert!(matches!(next(&mut client).await, Some(Message::Close(_)) | None));
            drop(client);
            nobody_watches(&tails).await;
        }
    };
    LocalSet::new().run_until(scenario).await;
}

#[tokio::test]
async fn a_first_message_without_a_mask_is_what_wrangler_sends() {
    let tails = Tails::new();
    let made = tails.create("acme", "shop", everything()).unwrap();
    let tail = tails.claim(&made.token).unwrap();
    let (here, there) = duplex(1 << 10);
    let server = WebSocketStream::from_raw_socket(here, Role::Server, Some(config())).await;
    // A server is who sends without one.
    let unmasked = WebSocketConfig::default().accept_unmasked_frames(true);
    let mut client = WebSocketStream::from_raw_socket(there, Role::Server, Some(unmasked)).await;
    let sees = async {
        client.send(Message::text(r#"{"debug":false}"#)).await.unwrap();
        client.send(Message::Ping("are you there?".into())).await.unwrap();
        assert_eq!(next(&mut client).await, Some(Message::Pong("are you there?".into())));
        tails.publish(&printed("shop", vec![json!("hello")]));
        assert!(next(&mut client).await.unwrap().to_text().unwrap().contains("hello"));
        tails.remove("acme", "shop", &made.id);
        while next(&mut client).await.is_some() {}
    };
    tokio::join!(watch(server, &tail), sees);
}

/// Both ends of a session over a pipe of so many bytes.
async fn pipe(bytes: usize) -> (WebSocketStream<DuplexStream>, WebSocketStream<DuplexStream>) {
    let (here, there) = duplex(bytes);
    (
        WebSocketStream::from_raw_socket(here, Role::Server, Some(config())).await,
        WebSocketStream::from_raw_socket(there, Role::Client, None).await,
    )
}

#[tokio::test(start_paused = true)]
async fn a_slow_watcher_is_told_how_much_it_has_lost() {
    let tails = Tails::new();
    let made = tails.create("acme", "shop", everything()).unwrap();
    let tail = tails.claim(&made.token).unwrap();
    let (server, mut client) = pipe(1 << 10).await;
    let reads = async {
        // The server is stuck in the first document meanwhile.
        for _ in 0..5 {
            for _ in 0..1_000 {
                tails.publish(&printed("shop", vec![json!("x".repeat(2 << 10))]));
            }
            tokio::task::yield_now().await;
        }
        let (mut seen, mut told) = (0, None);
        while told.is_none() {
            let document = next(&mut client).await.unwrap();
            let document: Value = serde_json::from_str(document.to_text().unwrap()).unwrap();
            match document["event"]["type"].as_str() {
                Some("overload-stop") => told = document["event"]["dropped"].as_u64(),
                Some(_) => {}
                None => seen += 1,
            }
        }
        assert_eq!(told, Some(tails.lost()));
        assert_eq!(seen + tails.lost(), 5_000, "each event was seen, or counted");
        tails.remove("acme", "shop", &made.id);
        while next(&mut client).await.is_some() {}
    };
    tokio::join!(watch(server, &tail), reads);
}

#[tokio::test(start_paused = true)]
async fn a_watcher_that_stops_reading_is_left() {
    let tails = Tails::new();
    for (bytes, events) in [(64, 100), (1 << 20, 0)] {
        let made = tails.create("acme", "shop", everything()).unwrap();
        let tail = tails.claim(&made.token).unwrap();
        // It holds the connection and does nothing: with documents on their way, and with none.
        let (server, client) = pipe(bytes).await;
        for _ in 0..events {
            tails.publish(&printed("shop", vec![]));
        }
        watch(server, &tail).await;
        assert!(Instant::now() < tail.ends_at() && !*tail.ended.borrow());
        drop(client);
        tails.remove("acme", "shop", &made.id);
    }
}

#[tokio::test(start_paused = true)]
async fn a_watcher_that_answers_pings_may_stay_until_the_tail_is_over() {
    let tails = Tails::new();
    let made = tails.create("acme", "shop", everything()).unwrap();
    let tail = tails.claim(&made.token).unwrap();
    let (server, mut client) = pipe(1 << 10).await;
    let stays = async {
        let Some(Message::Close(Some(CloseFrame { code, .. }))) = next(&mut client).await else {
            panic!("it is closed")
        };
        assert_eq!(code, CloseCode::Normal);
        while next(&mut client).await.is_some() {}
    };
    tokio::join!(watch(server, &tail), stays);
    assert!(Instant::now() >= tail.ends_at());
}
