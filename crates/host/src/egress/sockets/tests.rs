//! Connections below HTTP against servers and resolvers that lie, and workers that want where they may not.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::uri::Authority;
use mote_wire::{
    http::{Duplex, EgressError, UpgradeSlot},
    socket::{Asked, Secure, token_of},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::egress::{Asker, Network, NetworkOptions, Policy, Resolve, Resolving};

/// A resolver that gives one answer after the other.
struct Changing(Mutex<Vec<&'static str>>);

impl Resolve for Changing {
    fn resolve(&self, _name: String, _port: u16) -> Resolving {
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
        // With a port of its own, which counts for nothing.
        Box::pin(std::future::ready(Ok(vec![SocketAddr::new(answer.parse().unwrap(), 1)])))
    }
}

fn network(answers: &[&'static str]) -> Arc<Network> {
    let resolver = Arc::new(Changing(Mutex::new(answers.to_vec())));
    Network::new(NetworkOptions { resolver, ..NetworkOptions::default() }).unwrap()
}

fn policy(reach: &str, allow: &[&str]) -> Arc<Policy> {
    let allow: Vec<_> = allow.iter().map(|text| (*text).to_owned()).collect();
    Arc::new(Policy::parse(reach, &allow, &[]).unwrap())
}

fn asker<'a>(tenant: &'a str, policy: &'a Arc<Policy>) -> Asker<'a> {
    Asker { tenant, worker: "shop", policy, dns_lookups_per_min: 100 }
}

struct Opened {
    io: Box<dyn Duplex>,
    token: Option<String>,
}

async fn ask(
    network: &Network,
    policy: &Arc<Policy>,
    tenant: &str,
    asked: Asked,
) -> Result<Opened, EgressError> {
    let mut response = network.fetch(asker(tenant, policy), asked.to_request().unwrap()).await?;
    assert_eq!(response.status(), 101);
    let token = token_of(response.headers());
    let slot = response.extensions_mut().remove::<UpgradeSlot>().unwrap();
    Ok(Opened { io: slot.take().unwrap().0.await.unwrap(), token })
}

async fn open(
    network: &Network,
    policy: &Arc<Policy>,
    to: &str,
    secure: Secure,
) -> Result<Opened, EgressError> {
    let to = to.parse().unwrap();
    ask(network, policy, "tenant", Asked::Open { to, secure }).await
}

async fn refusal(network: &Network, policy: &Arc<Policy>, to: &str) -> String {
    match open(network, policy, to, Secure::Off).await {
        Err(EgressError::Refused { reason, .. }) => reason,
        Err(other) => panic!("{to} is not refused but {other}"),
        Ok(_) => panic!("{to} was reached"),
    }
}

/// A server that sends back what it gets, until it gets no more.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut reader, mut writer) = stream.split();
                let _ = tokio::io::copy(&mut reader, &mut writer).await;
                let _ = writer.write_all(b"over").await;
            });
        }
    });
    address
}

#[tokio::test]
async fn bytes_go_both_ways_and_either_end_may_be_first() {
    let address = echo().await;
    let (network, policy) = (network(&["127.0.0.1"]), policy("public", &["127.0.0.1"]));
    for to in [address.to_string(), format!("name.example:{}", address.port())] {
        let mut opened = open(&network, &policy, &to, Secure::Off).await.unwrap();
        assert_eq!(opened.token, None);
        opened.io.write_all(b"hello").await.unwrap();
        let mut five = [0; 5];
        opened.io.read_exact(&mut five).await.unwrap();
        assert_eq!(&five, b"hello");
        opened.io.shutdown().await.unwrap();
        let mut rest = Vec::new();
        opened.io.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"over");
    }
}

#[tokio::test]
async fn what_a_fetch_may_not_reach_a_connection_may_not_either() {
    let (network, policy) = (network(&["10.1.2.3"]), policy("public", &[]));
    for to in
        ["127.0.0.1:80", "0x7f.1:80", "2130706433:80", "[::1]:80", "[::ffff:127.0.0.1]:80", "localhost:80"]
    {
        refusal(&network, &policy, to).await;
    }
    for to in ["169.254.169.254:80", "10.0.0.1:5432", "[fd00::1]:5432", "192.168.0.1:6379"] {
        refusal(&network, &policy, to).await;
    }
    let reason = refusal(&network, &policy, "db.example:5432").await;
    assert!(reason.contains("resolves to an address") && !reason.contains("10.1"), "{reason}");
}

#[tokio::test]
async fn port_25_and_what_is_no_host_with_a_port_are_refused_under_every_policy() {
    let network = network(&["203.0.113.1"]);
    for policy in [policy("public", &[]), policy("any", &[]), policy("public", &["mail.example:25"])] {
        assert!(refusal(&network, &policy, "mail.example:25").await.contains("port 25"));
        assert!(refusal(&network, &policy, "203.0.113.1:25").await.contains("port 25"));
        assert!(refusal(&network, &policy, "a.example:0").await.contains("port 0"));
        assert!(refusal(&network, &policy, "a.example").await.contains("no port"));
        assert!(refusal(&network, &policy, "me:secret@a.example:80").await.contains("no name"));
    }
    assert!(!refusal(&network, &policy("none", &[]), "a.example:5432").await.is_empty());
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_connected_to_where_it_was_checked() {
    let address = echo().await;
    let network = network(&["127.0.0.1", "127.0.0.2", "127.0.0.1"]);
    let policy = policy("public", &["127.0.0.1"]);
    let to: Authority = format!("rebound.example:{}", address.port()).parse().unwrap();
    // What one tenant has found is no other's, and each connection is checked.
    let opened = async |tenant| {
        let asked = Asked::Open { to: to.clone(), secure: Secure::Off };
        ask(&network, &policy, tenant, asked).await.is_ok()
    };
    assert!(opened("one").await && !opened("two").await && opened("three").await);
    assert!(opened("one").await && !opened("two").await, "each goes where its own look-up led");
}

struct Certified {
    network: Arc<Network>,
    acceptor: tokio_rustls::TlsAcceptor,
}

fn certified(name: &str) -> Certified {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let root = made.cert.der().clone();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![root.clone()], key)
            .unwrap();
    let resolver = Arc::new(Changing(Mutex::new(vec!["127.0.0.1"])));
    let options = NetworkOptions { resolver, roots: vec![root], ..NetworkOptions::default() };
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    Certified { network: Network::new(options).unwrap(), acceptor }
}

/// A server that says hello in plain words, waits for `STARTTLS` if `later`, and speaks TLS then.
async fn server(acceptor: tokio_rustls::TlsAcceptor, later: Secure) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            if later == Secure::Later {
                stream.write_all(b"plain").await.unwrap();
                let mut asked = [0; 8];
                if stream.read_exact(&mut asked).await.is_err() || &asked != b"STARTTLS" {
                    continue;
                }
            }
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            stream.write_all(b"secret").await.unwrap();
            let _ = stream.shutdown().await;
        }
    });
    address
}

#[tokio::test]
async fn tls_is_spoken_from_the_beginning_with_whom_the_name_says() {
    let Certified { network, acceptor } = certified("db.example");
    let address = server(acceptor, Secure::On).await;
    let policy = policy("public", &["127.0.0.1"]);
    let port = address.port();
    let mut opened = open(&network, &policy, &format!("db.example:{port}"), Secure::On).await.unwrap();
    let mut text = String::new();
    opened.io.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "secret");
    let other = open(&network, &policy, &format!("other.example:{port}"), Secure::On).await;
    assert!(matches!(other, Err(EgressError::Unreachable { .. })));
}

async fn plain_then(network: &Network, policy: &Arc<Policy>, to: &str) -> (Opened, Authority, String) {
    let mut plain = open(network, policy, to, Secure::Later).await.unwrap();
    let mut five = [0; 5];
    plain.io.read_exact(&mut five).await.unwrap();
    assert_eq!(&five, b"plain");
    let token = plain.token.clone().unwrap();
    (plain, to.parse().unwrap(), token)
}

#[tokio::test]
async fn tls_begins_when_it_is_asked_for_after_all_that_was_written_before() {
    let Certified { network, acceptor } = certified("db.example");
    let address = server(acceptor, Secure::Later).await;
    let policy = policy("public", &["127.0.0.1"]);
    for (host, server_name) in [("db.example", None), ("alias.example", Some("db.example".to_owned()))] {
        let (mut plain, to, token) =
            plain_then(&network, &policy, &format!("{host}:{}", address.port())).await;
        plain.io.write_all(b"START").await.unwrap();
        let secured = ask(&network, &policy, "tenant", Asked::Secure { to, token, server_name });
        // It has begun, and what was written before must be out first.
        let ended = async {
            plain.io.write_all(b"TLS").await.unwrap();
            plain.io.shutdown().await.unwrap();
            let mut rest = Vec::new();
            plain.io.read_to_end(&mut rest).await.unwrap();
            assert_eq!(rest, b"");
        };
        let (secured, ()) = tokio::join!(secured, ended);
        let mut text = String::new();
        secured.unwrap().io.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "secret");
    }
}

#[tokio::test]
async fn nobody_takes_a_connection_that_is_not_his_or_takes_one_twice() {
    let Certified { network, acceptor } = certified("db.example");
    let address = server(acceptor, Secure::Later).await;
    let policy = policy("public", &["127.0.0.1"]);
    let (plain, to, token) = plain_then(&network, &policy, &format!("db.example:{}", address.port())).await;
    let secure = |token: &str| Asked::Secure { to: to.clone(), token: token.to_owned(), server_name: None };
    for (tenant, token) in [("other", token.as_str()), ("tenant", "guessed"), ("tenant", "")] {
        let taken = ask(&network, &policy, tenant, secure(token)).await;
        assert!(matches!(taken, Err(EgressError::Refused { .. })));
    }
    // Whoever drops it takes it along, also when somebody waits to speak TLS on it.
    let waiting = ask(&network, &policy, "tenant", secure(&token));
    let dropped = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        drop(plain);
    };
    let (taken, ()) = tokio::join!(waiting, dropped);
    assert!(matches!(taken, Err(EgressError::Refused { .. })));
    assert!(ask(&network, &policy, "tenant", secure(&token)).await.is_err());
}

#[tokio::test]
async fn connect_looks_names_up_under_the_same_limit_as_fetch() {
    struct Private;
    impl Resolve for Private {
        fn resolve(&self, _name: String, port: u16) -> Resolving {
            Box::pin(std::future::ready(Ok(vec![([10, 0, 0, 1], port).into()])))
        }
    }
    let options = NetworkOptions { resolver: Arc::new(Private), ..NetworkOptions::default() };
    let network = Network::new(options).unwrap();
    let policy = policy("public", &[]);
    let mut limited = 0;
    for host in 0..120 {
        let reason = refusal(&network, &policy, &format!("{host}.example:5432")).await;
        limited += usize::from(reason.contains("100 times in a minute"));
    }
    // Some come back meanwhile.
    assert!((1..=20).contains(&limited), "{limited}");
}
