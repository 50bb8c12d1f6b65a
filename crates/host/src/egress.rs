//! The way out: DNS, TCP, TLS and HTTP/1.1 for the subrequests of workers, with pooled connections.

use std::{
    future::Future,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
    vec,
};

use http_body_util::BodyExt;
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{
        Client,
        connect::{
            HttpConnector,
            dns::{GaiResolver, Name},
        },
    },
    rt::{TokioExecutor, TokioIo},
};
use mote_wire::http::{Body, BodyError, Duplex, Egress, EgressError, Fetched, UpgradeSlot, Upgraded, empty};
use tower_service::Service;

/// How long a TCP connection may take to come about.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long an unused connection is kept.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// Unused connections kept for each host.
const IDLE_PER_HOST: usize = 64;

/// Sends subrequests straight to the network. It reaches whatever this machine reaches, so it is for `mote dev` and for
/// trusted workers.
pub struct DirectEgress {
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Body>,
}

impl DirectEgress {
    /// A new pool of connections. It must be used within one tokio runtime.
    #[must_use]
    pub fn new() -> Self {
        let mut http = HttpConnector::new_with_resolver(Resolver { system: GaiResolver::new() });
        http.set_connect_timeout(Some(CONNECT_MAX));
        http.set_nodelay(true);
        http.enforce_http(false);
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(hyper_util::rt::TokioTimer::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .build(https);
        Self { client }
    }
}

impl Default for DirectEgress {
    fn default() -> Self {
        Self::new()
    }
}

impl Egress for DirectEgress {
    fn fetch(&self, request: http::Request<Body>) -> Fetched {
        let uri = request.uri().clone();
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
            let reason = "only http: and https: URLs with a host can be fetched".to_owned();
            return Box::pin(std::future::ready(Err(EgressError::Refused { url: uri.to_string(), reason })));
        }
        let response = self.client.request(request);
        Box::pin(async move {
            let mut response = response.await.map_err(|error| EgressError::Unreachable {
                host: uri.authority().map(ToString::to_string).unwrap_or_default(),
                reason: innermost(&error),
            })?;
            if response.status() == http::StatusCode::SWITCHING_PROTOCOLS {
                let upgrade = hyper::upgrade::on(&mut response);
                let io = async { upgrade.await.ok().map(|io| Box::new(TokioIo::new(io)) as Box<dyn Duplex>) };
                let (mut parts, _) = response.into_parts();
                parts.extensions.insert(UpgradeSlot::new(Upgraded(Box::pin(io))));
                return Ok(http::Response::from_parts(parts, empty()));
            }
            Ok(response.map(|body| {
                body.map_err(move |error| BodyError::Lost { reason: format!("{uri}: {}", innermost(&error)) })
                    .boxed_unsync()
            }))
        })
    }
}

/// The innermost cause: `Connection refused` says more than `client error (Connect)`.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// The system's resolver, except that `localhost` and all names below it are this machine (RFC 6761, section 6.3).
#[derive(Clone)]
struct Resolver {
    system: GaiResolver,
}

type Resolving = Pin<Box<dyn Future<Output = std::io::Result<vec::IntoIter<SocketAddr>>> + Send>>;

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = std::io::Error;
    type Future = Resolving;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.system.poll_ready(task).map_err(std::io::Error::other)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let host = name.as_str().trim_end_matches('.').to_ascii_lowercase();
        if host == "localhost" || host.ends_with(".localhost") {
            let here =
                vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
            return Box::pin(std::future::ready(Ok(here.into_iter())));
        }
        let resolving = self.system.call(name);
        Box::pin(async move { Ok(resolving.await?.collect::<Vec<_>>().into_iter()) })
    }
}
