//! Connections below HTTP: what a worker's `connect()` opens. They are under the worker's policy as its requests are.

use std::{
    collections::HashMap,
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, Weak},
    task::{Context, Poll},
};

use http::{Response, StatusCode, Uri, uri::Authority};
use mote_wire::{
    http::{Body, Duplex, EgressError, UpgradeSlot, Upgraded, empty},
    socket::{Asked, Secure, put_token},
};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_rustls::TlsConnector;
use url::Url;

use super::{
    connect::{CONNECT_MAX, Connector},
    network::innermost,
    plain::{Handover, Plain},
    policy::Refusal,
};

/// Mail between servers. What could send it from here would soon send it for everybody.
const SMTP: u16 = 25;
/// Random bytes of a token.
const TOKEN_BYTES: usize = 16;

/// The connections that may begin to speak TLS.
pub(super) struct Sockets {
    random: SystemRandom,
    /// By token, each with whose it is.
    plain: Mutex<HashMap<String, (String, Weak<Handover>)>>,
}

/// How a worker's connections come about.
pub(super) struct Way {
    pub(super) connector: Connector,
    pub(super) tls: ClientConfig,
    /// Whose it is.
    pub(super) tenant: String,
    /// Turns of the tenant; a connection has one for as long as it lives.
    pub(super) exchanges: Arc<Semaphore>,
}

/// A connection, or why there is none.
pub(super) type Opening = Pin<Box<dyn Future<Output = Result<Response<Body>, EgressError>> + Send>>;

impl Sockets {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { random: SystemRandom::new(), plain: Mutex::default() })
    }

    /// Does what is asked for. What must happen before the asker says more has happened when this returns.
    pub(super) fn answer(self: &Arc<Self>, way: Way, asked: Asked) -> Opening {
        match asked {
            Asked::Open { to, secure } => {
                let sockets = self.clone();
                Box::pin(async move { sockets.open(way, &to, secure).await })
            }
            Asked::Secure { to, token, server_name } => {
                let handover = self.taken(&way.tenant, &token);
                if let Some(handover) = &handover {
                    handover.want();
                }
                Box::pin(async move {
                    let handover = handover.ok_or_else(|| refused(&to, "the connection is gone"))?;
                    secure(way, &to, &handover, server_name).await
                })
            }
        }
    }

    async fn open(&self, way: Way, to: &Authority, secure: Secure) -> Result<Response<Body>, EgressError> {
        let to = &canonical(to)?;
        let permit = way.exchanges.clone().acquire_owned().await.ok();
        let connected = timeout(CONNECT_MAX, connected(&way, to, secure)).await;
        let io = match connected {
            Err(_) => {
                return Err(unreachable(to, format!("no connection within {} s", CONNECT_MAX.as_secs())));
            }
            Ok(connected) => connected?,
        };
        let mut response = match (io, secure) {
            (Connected::Plain(stream), Secure::Later) => {
                let (plain, handover) = Plain::new(stream);
                let token = self
                    .keep(&way.tenant, &handover)
                    .ok_or_else(|| refused(to, "the node has no random numbers"))?;
                let mut response = answer(Box::new(plain), permit);
                put_token(response.headers_mut(), &token);
                response
            }
            (Connected::Plain(stream), Secure::Off | Secure::On) => answer(Box::new(stream), permit),
            (Connected::Tls(io), _) => answer(io, permit),
        };
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        Ok(response)
    }

    fn keep(&self, tenant: &str, handover: &Arc<Handover>) -> Option<String> {
        let mut bytes = [0; TOKEN_BYTES];
        self.random.fill(&mut bytes).ok()?;
        let token = bytes.iter().fold(String::new(), |token, byte| format!("{token}{byte:02x}"));
        let mut plain = self.plain.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that ended without.
        plain.retain(|_, (_, handover)| handover.strong_count() > 0);
        plain.insert(token.clone(), (tenant.to_owned(), Arc::downgrade(handover)));
        Some(token)
    }

    fn taken(&self, tenant: &str, token: &str) -> Option<Arc<Handover>> {
        let mut plain = self.plain.lock().unwrap_or_else(PoisonError::into_inner);
        plain.get(token).filter(|(owner, _)| owner == tenant)?;
        plain.remove(token)?.1.upgrade()
    }
}

enum Connected {
    Plain(TcpStream),
    Tls(Box<dyn Duplex>),
}

async fn connected(way: &Way, to: &Authority, secure: Secure) -> Result<Connected, EgressError> {
    let uri = Uri::builder().scheme("tcp").authority(to.clone()).path_and_query("/").build();
    let uri = uri.map_err(|_| refused(to, "it is no host with a port"))?;
    let addresses =
        way.connector.addresses(&uri).await.map_err(|error| match error.downcast::<Refusal>() {
            Ok(refusal) => refused(to, &refusal.0),
            Err(error) => unreachable(to, innermost(&*error)),
        })?;
    let stream = first(&addresses).await.map_err(|error| unreachable(to, innermost(&error)))?;
    let _ = stream.set_nodelay(true);
    match secure {
        Secure::Off | Secure::Later => Ok(Connected::Plain(stream)),
        Secure::On => Ok(Connected::Tls(speak_tls(way, to, stream, None).await?)),
    }
}

/// The first address that answers.
async fn first(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn secure(
    way: Way,
    to: &Authority,
    handover: &Handover,
    server_name: Option<String>,
) -> Result<Response<Body>, EgressError> {
    let to = &canonical(to)?;
    let permit = way.exchanges.clone().acquire_owned().await.ok();
    let secured = timeout(CONNECT_MAX, async {
        let stream = handover.take().await.ok_or_else(|| refused(to, "the connection is gone"))?;
        speak_tls(&way, to, stream, server_name).await
    });
    match secured.await {
        Err(_) => Err(unreachable(to, format!("no TLS within {} s", CONNECT_MAX.as_secs()))),
        Ok(secured) => {
            let mut response = answer(secured?, permit);
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            Ok(response)
        }
    }
}

async fn speak_tls(
    way: &Way,
    to: &Authority,
    stream: TcpStream,
    server_name: Option<String>,
) -> Result<Box<dyn Duplex>, EgressError> {
    let name = server_name.unwrap_or_else(|| to.host().trim_matches(['[', ']']).to_owned());
    let name = ServerName::try_from(name).map_err(|_| refused(to, "no certificate can have that name"))?;
    let connector = TlsConnector::from(Arc::new(way.tls.clone()));
    let stream = connector.connect(name, stream).await;
    stream
        .map(|stream| Box::new(stream) as Box<dyn Duplex>)
        .map_err(|error| unreachable(to, innermost(&error)))
}

/// Host and port as the URL standard reads them, so that `0x7f.1` is the address that it is.
fn canonical(to: &Authority) -> Result<Authority, EgressError> {
    let port = to.port_u16().ok_or_else(|| refused(to, "it has no port"))?;
    if port == 0 {
        return Err(refused(to, "port 0 is nobody's"));
    }
    if port == SMTP {
        return Err(refused(
            to,
            "port 25 is for mail between servers; use a service for mail, or its port 465 or 587",
        ));
    }
    if to.as_str().contains('@') {
        return Err(refused(to, "a host has no name and no password"));
    }
    let url = Url::parse(&format!("http://{}/", to.host())).map_err(|_| refused(to, "it is no host"))?;
    let host = url.host_str().filter(|_| url.path() == "/" && url.query().is_none());
    let host = host.ok_or_else(|| refused(to, "it is no host"))?;
    format!("{host}:{port}").parse().map_err(|_| refused(to, "it is no host"))
}

fn answer(io: Box<dyn Duplex>, permit: Option<OwnedSemaphorePermit>) -> Response<Body> {
    let io: Box<dyn Duplex> = Box::new(Held { io, _permit: permit });
    let mut response = Response::new(empty());
    let upgraded = Upgraded(Box::pin(std::future::ready(Some(io))));
    response.extensions_mut().insert(UpgradeSlot::new(upgraded));
    response
}

fn refused(to: &Authority, reason: &str) -> EgressError {
    EgressError::Refused { url: to.to_string(), reason: reason.to_owned() }
}

fn unreachable(to: &Authority, reason: String) -> EgressError {
    EgressError::Unreachable { host: to.to_string(), reason }
}

/// A connection that counts as one of its tenant's exchanges until it is dropped.
struct Held {
    io: Box<dyn Duplex>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl AsyncRead for Held {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(task, into)
    }
}

impl AsyncWrite for Held {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(task, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(task)
    }
}

#[cfg(test)]
mod tests;
