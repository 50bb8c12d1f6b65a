//! The way to the collector. It is the operator's own, so it may be anywhere: no policy of a worker's holds for it.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::InstrumentationScope,
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::{sleep, timeout};

use super::{Options, OptionsError, Pace};

/// The most bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// The longest that a collector may ask us to wait.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);
/// How long an unused connection is kept.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// What sends batches.
pub(super) struct Sender {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// Everything but the body.
    head: http::request::Parts,
    resource: Resource,
}

/// Why a batch was not taken.
enum Unsent {
    /// It may be later.
    Later { reason: String, after: Option<Duration> },
    /// It never will.
    Never { reason: String },
}

impl Sender {
    pub(super) fn new(options: &Options, resource: Resource) -> Result<Self, OptionsError> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_max_idle_per_host(1)
            .build(connector);
        let (mut head, ()) = Request::new(()).into_parts();
        head.method = Method::POST;
        head.uri = options.endpoint.clone();
        head.headers = options.headers.clone();
        let agent = HeaderValue::from_static(concat!("mote/", env!("CARGO_PKG_VERSION")));
        head.headers.insert(header::USER_AGENT, agent);
        let kind = HeaderValue::from_static("application/x-protobuf");
        head.headers.insert(header::CONTENT_TYPE, kind);
        Ok(Self { client, head, resource })
    }

    /// Sends a batch, again and again where that may help. Gives how many of its spans the collector did not want.
    ///
    /// # Errors
    /// Why it was not taken.
    pub(super) async fn send(&self, spans: Vec<Span>, pace: &Pace) -> Result<u64, String> {
        let body = self.body(spans);
        let mut pause = pace.pause;
        let mut sends = 1;
        loop {
            match self.send_once(body.clone(), pace).await {
                Ok(refused) => return Ok(refused),
                Err(Unsent::Never { reason }) => return Err(reason),
                Err(Unsent::Later { reason, .. }) if sends >= pace.sends_max => return Err(reason),
                Err(Unsent::Later { after, .. }) => sleep(after.unwrap_or(pause)).await,
            }
            sends += 1;
            pause = pause.saturating_mul(2);
        }
    }

    fn body(&self, spans: Vec<Span>) -> Bytes {
        let (name, version) = ("mote".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        let scope = InstrumentationScope { name, version, ..InstrumentationScope::default() };
        let spans = ScopeSpans { scope: Some(scope), spans, schema_url: String::new() };
        let of_resource = ResourceSpans {
            resource: Some(self.resource.clone()),
            scope_spans: vec![spans],
            schema_url: String::new(),
        };
        ExportTraceServiceRequest { resource_spans: vec![of_resource] }.encode_to_vec().into()
    }

    async fn send_once(&self, body: Bytes, pace: &Pace) -> Result<u64, Unsent> {
        let request = Request::from_parts(self.head.clone(), Full::new(body));
        let later = |reason: String| Unsent::Later { reason, after: None };
        let exchange = async {
            let response = self.client.request(request).await.map_err(|error| later(in_words(&error)))?;
            let (status, after) = (response.status(), retry_after(&response));
            let reason = format!("it answered {status}");
            match status {
                status if status.is_success() => Ok(refused(response).await),
                StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT => Err(Unsent::Later { reason, after }),
                _ => Err(Unsent::Never { reason }),
            }
        };
        let slow = || later(format!("it did not answer within {} ms", pace.answer_max.as_millis()));
        timeout(pace.answer_max, exchange).await.map_err(|_| slow())?
    }
}

fn retry_after(response: &Response<Incoming>) -> Option<Duration> {
    let said = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    said.parse().ok().map(|seconds| Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

/// How many spans an answer says were not wanted. One that cannot be read says nothing.
async fn refused(response: Response<Incoming>) -> u64 {
    let read = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
    let answer = read.ok().and_then(|body| ExportTraceServiceResponse::decode(body.to_bytes()).ok());
    let partial = answer.and_then(|answer| answer.partial_success);
    partial.and_then(|partial| u64::try_from(partial.rejected_spans).ok()).unwrap_or(0)
}

/// An error with its causes: the first says only that it could not connect.
fn in_words(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
