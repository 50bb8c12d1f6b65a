//! The way out against servers and resolvers that lie.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper_util::rt::{TokioExecutor, TokioIo};
use mote_wire::http::{Body, EgressError, UpgradeSlot, empty, full};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{Asker, Network, NetworkOptions, Policy, Resolve, Resolving};

/// A resolver that gives one answer after the other.
struct Changing(Mutex<Vec<Vec<SocketAddr>>>);

impl Resolve for Changing {
    fn resolve(&self, _name: String, _port: u16) -> Resolving {
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        Box::pin(std::future::ready(Ok(answer)))
    }
}

fn resolving(answers: &[&[&str]]) -> Arc<dyn Resolve> {
    let read =
        |answer: &&[&str]| answer.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 1)).collect();
    Arc::new(Changing(Mutex::new(answers.iter().map(read).collect())))
}

fn policy(reach: &str, allow: &[&str], deny: &[&str]) -> Arc<Policy> {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    Arc::new(Policy::parse(reach, &owned(allow), &owned(deny)).unwrap())
}

fn asker<'a>(tenant: &'a str, policy: &'a Arc<Policy>) -> Asker<'a> {
    Asker { tenant, worker: "shop", policy, dns_lookups_per_min: 100 }
}

async fn fetch(
    network: &Network,
    policy: &Arc<Policy>,
    request: Request<Body>,
) -> Result<Response<Body>, EgressError> {
    network.fetch(asker("tenant", policy), request).await
}

fn get(url: &str) -> Request<Body> {
    Request::get(url).body(empty()).unwrap()
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

/// A server that counts its connections and shows what it got, each answer being the head that it read.
async fn mirror() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, count) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counting = count.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counting.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(answer_all(stream));
        }
    });
    (address, count)
}

async fn answer_all(mut stream: TcpStream) -> io::Result<()> {
    let mut read = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        };
        let head: Vec<u8> = read.drain(..end).collect();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", head.len());
        stream.write_all(answer.as_bytes()).await?;
        stream.write_all(&head).await?;
    }
}

fn refused(result: Result<Response<Body>, EgressError>) -> String {
    match result {
        Err(EgressError::Refused { reason, .. }) => reason,
        Err(other) => panic!("not refused but {other}"),
        Ok(response) => panic!("it was let out: {}", response.status()),
    }
}

#[tokio::test]
async fn a_name_that_leads_home_is_refused_and_its_address_is_not_told() {
    for address in ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "::ffff:192.168.0.1"] {
        let options = NetworkOptions { resolver: resolving(&[&[address]]), ..NetworkOptions::default() };
        let network = Network::new(options).unwrap();
        let reason =
            refused(fetch(&network, &policy("public", &[], &[]), get("http://rebound.example/")).await);
        assert!(reason.contains("resolves to an address") && !reason.contains(address), "{reason}");
    }
}

#[tokio::test]
async fn a_worker_learns_the_addresses_that_it_could_reach_and_no_others() {
    let asked = async |addresses: &'static [&'static str], allow: &[&str]| {
        let options = NetworkOptions { resolver: resolving(&[addresses]), ..NetworkOptions::default() };
        let network = Network::new(options).unwrap();
        let answer = fetch(&network, &policy("public", allow, &[]), get("dns://a.example/")).await.unwrap();
        (answer.status().as_u16(), text(answer).await)
    };
    let (status, found) = asked(&["10.0.0.1", "192.0.9.1", "2a00::1", "192.0.9.1"], &[]).await;
    assert_eq!((status, found.as_str()), (200, r#"["192.0.9.1","2a00::1"]"#));
    let (status, said) = asked(&["10.0.0.1"], &[]).await;
    assert!(status == 403 && !said.contains("10.0"), "{said}");
    assert_eq!(asked(&["10.0.0.1"], &["10.0.0.0/8"]).await.1, r#"["10.0.0.1"]"#);
    assert_eq!(asked(&[], &[]).await.0, 404);
}

#[tokio::test]
async fn what_is_denied_is_not_looked_up() {
    let network = Network::new(NetworkOptions::default()).unwrap();
    let denied = policy("public", &[], &["denied.example"]);
    let answer = fetch(&network, &denied, get("dns://denied.example/")).await.unwrap();
    assert_eq!(answer.status(), 403);
    let answer = fetch(&network, &policy("none", &[], &[]), get("dns://any.example/")).await.unwrap();
    assert_eq!(answer.status(), 403);
}

#[tokio::test]
async fn a_literal_is_refused_in_every_spelling_with_its_class() {
    let network = Network::new(NetworkOptions::default()).unwrap();
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.1",
        "[::1]",
        "[::ffff:7f00:1]",
        "localhost",
        "a.localhost",
        "LOCALHOST.",
    ] {
        refused(fetch(&network, &policy("public", &[], &[]), get(&format!("http://{host}:81/"))).await);
    }
    let reason = refused(fetch(&network, &policy("public", &[], &[]), get("http://10.0.0.1/")).await);
    assert!(reason.contains("private, RFC 1918"), "{reason}");
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_connected_to_where_it_was_checked() {
    let (server, count) = mirror().await;
    // The first answer is allowed, the second one is not, and a third would be again.
    let resolver = resolving(&[&["127.0.0.1"], &["127.0.0.2"], &["127.0.0.1"]]);
    let network = Network::new(NetworkOptions { resolver, ..NetworkOptions::default() }).unwrap();
    let policy = policy("public", &["127.0.0.1"], &[]);
    let url = format!("http://rebound.example:{}/", server.port());
    assert!(text(fetch(&network, &policy, get(&url)).await.unwrap()).await.starts_with("GET / "));
    // The connection is kept, so another tenant asks: it has none, and resolves anew.
    let again = network.fetch(asker("other", &policy), get(&url)).await;
    assert!(refused(again).contains("resolves to an address"));
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn of_many_addresses_only_those_that_are_allowed_are_tried() {
    let (server, _) = mirror().await;
    let resolver = resolving(&[&["10.0.0.1", "127.0.0.1", "fd00::1"]]);
    let network = Network::new(NetworkOptions { resolver, ..NetworkOptions::default() }).unwrap();
    let url = format!("http://many.example:{}/", server.port());
    let response = fetch(&network, &policy("public", &["127.0.0.0/8"], &[]), get(&url)).await.unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn each_hop_of_a_redirect_is_checked_like_the_first() {
    let (server, _) = mirror().await;
    let network = Network::new(NetworkOptions::default()).unwrap();
    let policy = policy("public", &[&server.to_string()], &[]);
    assert_eq!(fetch(&network, &policy, get(&format!("http://{server}/"))).await.unwrap().status(), 200);
    let other = format!("http://127.0.0.1:{}/", server.port().wrapping_add(1).max(1));
    refused(fetch(&network, &policy, get(&other)).await);
}

#[tokio::test]
async fn tenants_and_policies_share_no_connection() {
    let (server, count) = mirror().await;
    let network = Network::new(NetworkOptions::default()).unwrap();
    let (any, other) = (policy("any", &[], &[]), policy("public", &["127.0.0.1"], &[]));
    let ask = async |tenant: &str, policy: &Arc<Policy>| {
        text(network.fetch(asker(tenant, policy), get(&format!("http://{server}/"))).await.unwrap()).await
    };
    ask("one", &any).await;
    ask("one", &any).await;
    assert_eq!(count.load(Ordering::Relaxed), 1, "a tenant's own connection is used again");
    ask("two", &any).await;
    ask("one", &other).await;
    assert_eq!(count.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn no_second_request_hides_in_the_first() {
    let (server, _) = mirror().await;
    let network = Network::new(NetworkOptions::default()).unwrap();
    let policy = policy("any", &[], &[]);
    let hidden = "GET /hidden HTTP/1.1\r\nhost: a\r\n\r\n";
    // A body that is longer than its header says; the header is not the cell's to set.
    let request = Request::post(format!("http://{server}/"))
        .header("content-length", "0")
        .header("transfer-encoding", "identity")
        .body(full(hidden))
        .unwrap();
    let head = text(fetch(&network, &policy, request).await.unwrap()).await.to_lowercase();
    assert!(
        head.contains(&format!("content-length: {}\r\n", hidden.len())) && !head.contains("identity"),
        "{head}"
    );
    // A body whose length is not known goes in chunks, each with its own length.
    let frames = futures_util::stream::iter([Ok(http_body::Frame::data(Bytes::from(hidden)))]);
    let request = Request::post(format!("http://{server}/")).header("content-length", "3");
    let request = request.body(Body::stream(StreamBody::new(frames))).unwrap();
    let head = text(fetch(&network, &policy, request).await.unwrap()).await.to_lowercase();
    assert!(head.contains("transfer-encoding: chunked") && !head.contains("content-length"), "{head}");
}

#[tokio::test]
async fn an_upstream_learns_whose_request_it_is() {
    let (server, _) = mirror().await;
    let network = Network::new(NetworkOptions::default()).unwrap();
    let request =
        Request::get(format!("http://{server}/")).header("cf-worker", "bank").body(empty()).unwrap();
    let head = text(fetch(&network, &policy("any", &[], &[]), request).await.unwrap()).await;
    assert!(
        head.contains("cf-worker: shop\r\n") && !head.contains("bank") && head.contains("cdn-loop: mote\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn a_websocket_goes_through() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            stream.read_buf(&mut read).await.unwrap();
        }
        let switch =
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\nhello";
        stream.write_all(switch.as_bytes()).await.unwrap();
        let mut word = [0; 3];
        stream.read_exact(&mut word).await.unwrap();
        stream.write_all(&word).await.unwrap();
    });
    let network = Network::new(NetworkOptions::default()).unwrap();
    let request =
        Request::get(format!("http://{server}/")).header("upgrade", "websocket").body(empty()).unwrap();
    let mut response = fetch(&network, &policy("any", &[], &[]), request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    let upgraded = response.extensions_mut().remove::<UpgradeSlot>().unwrap().take().unwrap();
    let mut io = upgraded.0.await.unwrap();
    io.write_all(b"you").await.unwrap();
    let mut said = Vec::new();
    io.read_to_end(&mut said).await.unwrap();
    assert_eq!(said, b"helloyou");
}

#[tokio::test]
async fn tls_is_checked_and_http_2_is_spoken_where_the_server_does() {
    let made = rcgen::generate_simple_self_signed(vec!["h2.example".to_owned()]).unwrap();
    let root = made.cert.der().clone();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![root.clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let service = hyper::service::service_fn(|request: Request<hyper::body::Incoming>| async move {
                let seen =
                    format!("{:?} {}", request.version(), request.headers()["cf-worker"].to_str().unwrap());
                Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from(seen))))
            });
            let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            tokio::spawn(serving.serve_connection(TokioIo::new(stream), service));
        }
    });
    let policy = policy("public", &["127.0.0.1"], &[]);
    let resolver = resolving(&[&["127.0.0.1"]]);
    let options =
        NetworkOptions { resolver: resolver.clone(), roots: vec![root], ..NetworkOptions::default() };
    let response =
        fetch(&Network::new(options).unwrap(), &policy, get(&format!("https://h2.example:{port}/"))).await;
    assert_eq!(text(response.unwrap()).await, "HTTP/2.0 shop");
    // Whose certificate nobody vouches for is not talked to.
    let options = NetworkOptions { resolver, ..NetworkOptions::default() };
    let error = fetch(&Network::new(options).unwrap(), &policy, get(&format!("https://h2.example:{port}/")))
        .await
        .err();
    assert!(matches!(error, Some(EgressError::Unreachable { .. })), "{error:?}");
}

#[tokio::test]
async fn nobody_waits_for_ever_for_an_address() {
    struct Silent;
    impl Resolve for Silent {
        fn resolve(&self, _name: String, _port: u16) -> Resolving {
            Box::pin(std::future::pending())
        }
    }
    tokio::time::pause();
    let options = NetworkOptions { resolver: Arc::new(Silent), ..NetworkOptions::default() };
    let network = Network::new(options).unwrap();
    let error = fetch(&network, &policy("public", &[], &[]), get("http://slow.example/")).await.err();
    assert!(
        matches!(&error, Some(EgressError::Unreachable { reason, .. }) if reason.contains("within 10 s")),
        "{error:?}"
    );
}

#[tokio::test]
async fn names_are_looked_up_as_often_as_the_tenant_may_and_others_notice_nothing() {
    let resolver = resolving(&[&["10.0.0.1"]]);
    let network = Network::new(NetworkOptions { resolver, ..NetworkOptions::default() }).unwrap();
    let policy = policy("public", &[], &[]);
    let ask = async |tenant: &str, host: usize| {
        let asker = Asker { dns_lookups_per_min: 3, ..asker(tenant, &policy) };
        refused(network.fetch(asker, get(&format!("http://{host}.example/"))).await)
    };
    for host in 0..3 {
        assert!(ask("greedy", host).await.contains("resolves to an address"));
    }
    let reason = ask("greedy", 3).await;
    assert!(reason.contains("3 times in a minute"), "{reason}");
    assert!(ask("other", 4).await.contains("resolves to an address"));
    // An address is no name, nor is this machine's own.
    for literal in ["http://10.0.0.1/", "http://a.localhost/"] {
        let asker = Asker { dns_lookups_per_min: 3, ..asker("greedy", &policy) };
        let reason = refused(network.fetch(asker, get(literal)).await);
        assert!(!reason.contains("in a minute"), "{literal}: {reason}");
    }
}
