//! Connections that a policy allows: what was checked is what is connected to.

use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{
        Client,
        connect::{HttpConnector, dns::Name},
    },
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use mote_wire::http::Body;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;

use super::{
    lookups::Account,
    own::OwnAddresses,
    policy::{Named, Policy, Refusal},
};

/// How long a connection may take to come about: DNS, TCP and TLS together.
pub(super) const CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long an unused connection is kept.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// Unused connections kept for each host.
const IDLE_PER_HOST: usize = 64;

/// The addresses of a name, when they are found.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Who finds the addresses of names.
pub trait Resolve: Send + Sync {
    /// All addresses of a name, each with the port.
    fn resolve(&self, name: String, port: u16) -> Resolving;
}

/// The system's resolver.
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: String, port: u16) -> Resolving {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, port)).await?.collect()) })
    }
}

/// What makes connections.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) policy: Arc<Policy>,
    pub(super) own: Arc<OwnAddresses>,
    /// Who looks names up, as often as they may be.
    pub(super) lookups: Arc<Account>,
}

/// A pool of connections.
pub(super) type Pool = Client<Timed<HttpsConnector<Connector>>, Body>;

/// Which versions of HTTP a pool speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Versions {
    /// What the server chooses: HTTP/2 or HTTP/1.1.
    All,
    /// HTTP/1.1, for requests that want to leave HTTP.
    One,
}

/// A new pool.
pub(super) fn pool(connector: Connector, tls: ClientConfig, versions: Versions) -> Pool {
    let https = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    let https = match versions {
        Versions::All => https.enable_all_versions().wrap_connector(connector),
        Versions::One => https.enable_http1().wrap_connector(connector),
    };
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_MAX)
        .pool_max_idle_per_host(IDLE_PER_HOST)
        .build(Timed(https))
}

type Connecting<T> =
    Pin<Box<dyn Future<Output = Result<T, Box<dyn std::error::Error + Send + Sync>>> + Send>>;

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, _task: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            let addresses = connector.addresses(&uri).await?;
            let mut http = HttpConnector::new_with_resolver(Found(addresses));
            http.set_nodelay(true);
            http.enforce_http(false);
            Ok(http.call(uri).await?)
        })
    }
}

impl Connector {
    /// The addresses of a URL's host that the policy allows.
    pub(super) async fn addresses(
        &self,
        uri: &Uri,
    ) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let host = uri.host().ok_or_else(|| Refusal("it has no host".to_owned()))?;
        let default = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let port = uri.port_u16().unwrap_or(default);
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if let Ok(address) = literal {
            let address = SocketAddr::new(address, port);
            self.policy.check_address(address, Named::Open, self.own.owner(address.ip()))?;
            return Ok(vec![address]);
        }
        let named = self.policy.check_name(host, port)?;
        let found = self.resolve(host, port).await?;
        let allowed: Vec<_> = found
            .iter()
            .filter(|address| {
                self.policy.check_address(**address, named, self.own.owner(address.ip())).is_ok()
            })
            .copied()
            .collect();
        if allowed.is_empty() && !found.is_empty() {
            // Why not which: the worker would learn this network's names from it.
            let reason = "it resolves to an address that this worker may not reach";
            return Err(Refusal(reason.to_owned()).into());
        }
        Ok(allowed)
    }

    /// `localhost` and all names below it are this machine (RFC 6761, section 6.3), whatever a resolver says.
    async fn resolve(
        &self,
        host: &str,
        port: u16,
    ) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        if name == "localhost" || name.ends_with(".localhost") {
            return Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]);
        }
        self.lookups.look_up(name, port).await
    }
}

/// A resolver that knows the answer already.
#[derive(Clone)]
struct Found(Vec<SocketAddr>);

impl Service<Name> for Found {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = std::future::Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _name: Name) -> Self::Future {
        std::future::ready(Ok(self.0.clone().into_iter()))
    }
}

/// Gives up what takes too long to connect.
#[derive(Clone)]
pub(super) struct Timed<C>(C);

impl<C> Service<Uri> for Timed<C>
where
    C: Service<Uri, Error = Box<dyn std::error::Error + Send + Sync>>,
    C::Future: Send + 'static,
    C::Response: 'static,
{
    type Response = C::Response;
    type Error = C::Error;
    type Future = Connecting<C::Response>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(task)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.0.call(uri);
        Box::pin(async move {
            tokio::time::timeout(CONNECT_MAX, connecting).await.unwrap_or_else(|_| {
                let reason = format!("no connection within {} s", CONNECT_MAX.as_secs());
                Err(io::Error::new(io::ErrorKind::TimedOut, reason).into())
            })
        })
    }
}
