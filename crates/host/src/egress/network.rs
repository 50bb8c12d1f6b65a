//! The way out for everybody: each worker under its policy, each tenant with connections of its own.

use std::{
    num::NonZeroUsize,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use lru::LruCache;
use mote_wire::{
    http::{Body, BodyError, Duplex, EgressError, Fetched, UpgradeSlot, Upgraded, empty},
    link::ReasonPhrase,
    lookup,
    socket::Asked,
};
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    connect::{Connector, Pool, Resolve, SystemResolver, Versions, pool},
    gate::{Admitted, admit},
    lookup::look_up,
    lookups::Lookups,
    own::OwnAddresses,
    policy::{Policy, Refusal},
    sockets::{Sockets, Way},
};

/// Tenants whose connections are kept. Of the others a connection lives as long as its request.
const TENANTS_MAX: NonZeroUsize = NonZeroUsize::new(1_024).expect("it is not zero");
/// Exchanges of one tenant that are under way at once; further ones wait.
const EXCHANGES_MAX: usize = 1_024;
/// How long an upstream may take to begin its answer. The worker's own limits are shorter; this is for cells that hold none.
const HEAD_MAX: Duration = Duration::from_secs(600);
/// The longest reason phrase that a worker gets to see; of a longer one it sees the usual words for the status.
const REASON_BYTES_MAX: usize = 1_024;

/// What the way out is made with.
pub struct NetworkOptions {
    /// Ranges that are the node's own, beside the addresses of the machine's interfaces.
    pub own_addresses: Vec<String>,
    /// Certificates of authorities that are trusted beside the public ones, as DER.
    pub roots: Vec<CertificateDer<'static>>,
    /// Who resolves names.
    pub resolver: Arc<dyn Resolve>,
}

impl Default for NetworkOptions {
    fn default() -> Self {
        Self { own_addresses: Vec::new(), roots: Vec::new(), resolver: Arc::new(SystemResolver) }
    }
}

/// Why there is no way out.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The operator's range is none.
    #[error("[node] addresses: `{0}` is no address and no range")]
    Range(String),
    /// TLS cannot be set up.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// Who asks.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    /// Whose connections it shares.
    pub tenant: &'a str,
    /// The worker's name, for the upstream to see.
    pub worker: &'a str,
    /// What it may reach.
    pub policy: &'a Arc<Policy>,
    /// How many names its tenant may look up in a minute.
    pub dns_lookups_per_min: u64,
}

/// The way out of a node.
pub struct Network {
    own: Arc<OwnAddresses>,
    lookups: Lookups,
    tls: ClientConfig,
    sockets: Arc<Sockets>,
    /// By tenant and policy: what one may reach is no connection for another to use.
    pools: Mutex<LruCache<(String, Arc<Policy>), Pools>>,
}

#[derive(Clone)]
struct Pools {
    all: Pool,
    one: Pool,
    exchanges: Arc<Semaphore>,
}

impl Network {
    /// A way out without connections so far. It must be used within one tokio runtime.
    ///
    /// # Errors
    /// When the operator's ranges or certificates are none.
    pub fn new(options: NetworkOptions) -> Result<Arc<Self>, NetworkError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for certificate in options.roots {
            roots.add(certificate)?;
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(Self {
            own: Arc::new(OwnAddresses::new(&options.own_addresses).map_err(NetworkError::Range)?),
            lookups: Lookups::new(options.resolver),
            tls,
            sockets: Sockets::new(),
            pools: Mutex::new(LruCache::new(TENANTS_MAX)),
        }))
    }

    /// Sends a worker's request, without following redirects: each hop is a request of its own, and is checked like this one.
    pub fn fetch(&self, asker: Asker<'_>, request: Request<Body>) -> Fetched {
        if let Some(asked) = Asked::of(&request) {
            return self.sockets.answer(self.way(asker), asked);
        }
        if let Some(name) = lookup::name_of(&request) {
            let turns = self.pools(asker).exchanges;
            return Box::pin(look_up(self.connector(asker), turns, name));
        }
        let Admitted { request, upgrade } = match admit(request, asker.worker) {
            Ok(admitted) => admitted,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        let Pools { all, one, exchanges } = self.pools(asker);
        let pool = if upgrade { one } else { all };
        Box::pin(async move {
            let permit = exchanges.acquire_owned().await.ok();
            send(&pool, request, permit).await
        })
    }

    /// How connections below HTTP come about.
    fn way(&self, asker: Asker<'_>) -> Way {
        Way {
            connector: self.connector(asker),
            tls: self.tls.clone(),
            tenant: asker.tenant.to_owned(),
            exchanges: self.pools(asker).exchanges,
        }
    }

    fn connector(&self, asker: Asker<'_>) -> Connector {
        let lookups = self.lookups.of(asker.tenant, asker.dns_lookups_per_min);
        Connector { policy: asker.policy.clone(), own: self.own.clone(), lookups }
    }

    fn pools(&self, asker: Asker<'_>) -> Pools {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (asker.tenant.to_owned(), asker.policy.clone());
        pools
            .get_or_insert(key, || {
                let connector = self.connector(asker);
                Pools {
                    all: pool(connector.clone(), self.tls.clone(), Versions::All),
                    one: pool(connector, self.tls.clone(), Versions::One),
                    exchanges: Arc::new(Semaphore::new(EXCHANGES_MAX)),
                }
            })
            .clone()
    }
}

async fn send(
    pool: &Pool,
    request: Request<Body>,
    permit: Option<OwnedSemaphorePermit>,
) -> Result<Response<Body>, EgressError> {
    let uri = request.uri().clone();
    let host = || uri.authority().map(ToString::to_string).unwrap_or_default();
    let response = tokio::time::timeout(HEAD_MAX, pool.request(request)).await;
    let response = response.map_err(|_| EgressError::Unreachable {
        host: host(),
        reason: format!("no answer within {} s", HEAD_MAX.as_secs()),
    })?;
    let mut response = response.map_err(|error| match refusal(&error) {
        Some(Refusal(reason)) => EgressError::Refused { url: uri.to_string(), reason: reason.clone() },
        None => EgressError::Unreachable { host: host(), reason: innermost(&error) },
    })?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let upgrade = hyper::upgrade::on(&mut response);
        let io = async { upgrade.await.ok().map(|io| Box::new(TokioIo::new(io)) as Box<dyn Duplex>) };
        let (mut parts, _) = response.into_parts();
        parts.extensions.insert(UpgradeSlot::new(Upgraded(Box::pin(io))));
        return Ok(Response::from_parts(parts, empty()));
    }
    let reason = response.extensions_mut().remove::<hyper::ext::ReasonPhrase>();
    if let Some(reason) = reason.filter(|reason| reason.as_bytes().len() <= REASON_BYTES_MAX) {
        response.extensions_mut().insert(ReasonPhrase(Bytes::copy_from_slice(reason.as_bytes())));
    }
    Ok(response.map(|body| {
        let lost = move |error| BodyError::Lost { reason: format!("{uri}: {}", innermost(&error)) };
        Body::stream(Held { body: Body::stream(body.map_err(lost)), _permit: permit })
    }))
}

/// The policy's word among the causes of an error.
fn refusal<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Refusal> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(refusal) = error.downcast_ref() {
            return Some(refusal);
        }
        cause = error.source();
    }
    None
}

/// The innermost cause: `Connection refused` says more than `client error (Connect)`.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// A body that counts as one of its tenant's exchanges until it is dropped.
struct Held {
    body: Body,
    _permit: Option<OwnedSemaphorePermit>,
}

impl http_body::Body for Held {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Pin::new(&mut self.body).poll_frame(task)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
