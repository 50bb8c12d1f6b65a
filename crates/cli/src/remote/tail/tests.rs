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
    let fake = Fake::start(|_| good(&json!(null))).await;
    let worker = Worker { client: fake.client(), account: "acme".to_owned(), name: "shop".to_owned() };
    let tail = Tail { id: "t".to_owned(), url };
    let error = follow(&worker, &tail, &options(), &output()).await.unwrap_err();
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
    let tail = Tail { id: "t".to_owned(), url };
    let error = follow(&worker, &tail, &options(), &output()).await.unwrap_err();
    assert!(error.to_string().contains("does not answer any more"), "{error}");
    node.abort();
}
