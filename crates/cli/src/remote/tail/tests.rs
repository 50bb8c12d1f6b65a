//! The socket of a tail, against a node that answers as the test wants.

use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};

use super::*;
use crate::remote::testing::{Fake, good};

fn output() -> Output {
    Output::of(&ConnectionOptions { api: None, token: None, data: None, account: None, json: true })
}

fn options() -> Options {
    let connection = ConnectionOptions { api: None, token: None, data: None, account: None, json: true };
    Options {
        worker_name: None,
        format: None,
        filters: Filters::default(),
        worker: WorkerOptions { name: None, env: None },
        connection,
    }
}

#[tokio::test]
async fn a_tail_says_hello_in_its_protocol_and_notices_the_end() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/tail", listener.local_addr().unwrap());
    let node = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut asked = None;
        #[expect(clippy::result_large_err, reason = "the library's own type")]
        let note = |request: &http::Request<()>, mut response: http::Response<()>| {
            asked = request.headers().get(header::SEC_WEBSOCKET_PROTOCOL).cloned();
            response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
            Ok(response)
        };
        let mut socket = tokio_tungstenite::accept_hdr_async(stream, note).await.unwrap();
        let hello = socket.next().await.unwrap().unwrap();
        socket.send(Message::text("no JSON")).await.unwrap();
        socket.send(Message::binary(b"{\"outcome\": \"ok\"}".to_vec())).await.unwrap();
        let over = CloseFrame { code: CloseCode::Normal, reason: "its time is over".into() };
        socket.close(Some(over)).await.unwrap();
        (asked.unwrap(), hello.to_text().unwrap().to_owned())
    });
    let fake = Fake::start(move |_| good(&json!({"id": "t", "url": url}))).await;
    let worker = Worker { client: fake.client(), account: "acme".to_owned(), name: "shop".to_owned() };
    let mut tail = begin(&worker, &options()).await.unwrap();
    let error = follow(&worker, &mut tail.socket, &options(), &output()).await.unwrap_err();
    assert!(error.to_string().contains("has ended the tail of shop: its time is over"), "{error}");
    let (asked, hello) = node.await.unwrap();
    assert_eq!((asked.to_str().unwrap(), &*hello), (PROTOCOL, "{\"debug\":false}"));
}

#[tokio::test]
async fn an_address_that_is_no_socket_s_is_not_connected_to() {
    let fake = Fake::start(|_| good(&json!(null))).await;
    let worker = Worker { client: fake.client(), account: "acme".to_owned(), name: "shop".to_owned() };
    for url in ["http://127.0.0.1:1/", "file:///etc/passwd", "", "ws://"] {
        assert!(connect(&worker, url).await.is_err(), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_fell_silent_is_not_waited_for_for_ever() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/tail", listener.local_addr().unwrap());
    let node = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        #[expect(clippy::result_large_err, reason = "the library's own type")]
        let agree = |_: &http::Request<()>, mut response: http::Response<()>| {
            response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
            Ok(response)
        };
        let _socket = tokio_tungstenite::accept_hdr_async(stream, agree).await.unwrap();
        std::future::pending::<()>().await;
    });
    let fake = Fake::start(|_| good(&json!(null))).await;
    let worker = Worker { client: fake.client(), account: "acme".to_owned(), name: "shop".to_owned() };
    let mut socket = connect(&worker, &url).await.unwrap();
    let end = follow(&worker, &mut socket, &options(), &output()).await.unwrap();
    assert_eq!(end, End::Lost("the connection to the node has fallen silent".to_owned()));
    node.abort();
}

/// Opens a tail's socket for whoever comes.
async fn accept(listener: &tokio::net::TcpListener) -> WebSocketStream<tokio::net::TcpStream> {
    let (stream, _) = listener.accept().await.unwrap();
    #[expect(clippy::result_large_err, reason = "the library's own type")]
    let agree = |_: &http::Request<()>, mut response: http::Response<()>| {
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
        Ok(response)
    };
    tokio_tungstenite::accept_hdr_async(stream, agree).await.unwrap()
}

#[tokio::test]
async fn a_tail_whose_node_goes_away_without_a_word_is_begun_anew() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/tail", listener.local_addr().unwrap());
    let node = tokio::spawn(async move {
        // The first process ends, and takes its connections with it; the second one ends the tail as it should be ended.
        let mut first = accept(&listener).await;
        first.next().await.unwrap().unwrap();
        drop(first);
        let mut socket = accept(&listener).await;
        let hello = socket.next().await.unwrap().unwrap();
        let over = CloseFrame { code: CloseCode::Normal, reason: "that is all".into() };
        socket.close(Some(over)).await.unwrap();
        hello.to_text().unwrap().to_owned()
    });
    let fake = Fake::start(move |asked| match &*asked.method {
        "POST" => good(&json!({"id": "t", "url": url})),
        _ => good(&json!(null)),
    })
    .await;
    let mut options = options();
    let at = |value: &str| Some(value.to_owned());
    options.worker_name = at("shop");
    let connection = &mut options.connection;
    (connection.api, connection.token, connection.account) = (at(&fake.address), at("t"), at("acme"));
    let error = run(&options, &output()).await.unwrap_err();
    assert!(error.to_string().contains("has ended the tail of shop: that is all"), "{error}");
    assert_eq!(node.await.unwrap(), "{\"debug\":false}");
    let tails = "accounts/acme/workers/scripts/shop/tails";
    assert_eq!(
        fake.lines(),
        [format!("POST {tails}"), format!("POST {tails}"), format!("DELETE {tails}/t")],
        "the first one was the other process's, and needs no end"
    );
}
