//! The deploy API as its clients see it: Cloudflare's envelope around each answer.

use std::{error::Error, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client as HttpClient, connect::HttpConnector},
    rt::TokioExecutor,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::ClientConfig;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use mote_host::kv::KvAt;

use super::{RemoteError, connection::Token, error::Said, form::Form, sending::Sending};
use crate::printable::printable;

/// How long connecting may take.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long a call may take: trying out a worker takes seconds, sending many files over a thin line minutes.
const CALL_MAX: Duration = Duration::from_secs(900);
/// The most bytes of an answer.
const ANSWER_BYTES_MAX: usize = 128 << 20;
/// How much of a strange answer is shown.
const SHOWN_CHARS_MAX: usize = 200;
/// What `encodeURIComponent` leaves as it is.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// One node's API, asked with one token; or that of the KV of `mote dev`, which is a file.
pub(crate) struct Client {
    base: Uri,
    local: Option<KvAt>,
    token: HeaderValue,
    token_from: String,
    http: HttpClient<HttpsConnector<HttpConnector>, Sending>,
    tls: Arc<ClientConfig>,
}

/// What a call sends.
pub(crate) enum Payload {
    Nothing,
    Json(Value),
    Form(Form),
    Bytes(Bytes),
}

/// Cloudflare's envelope.
#[derive(Deserialize)]
struct Envelope {
    success: bool,
    #[serde(default)]
    result: Value,
    #[serde(default)]
    errors: Vec<Refusal>,
    #[serde(default)]
    result_info: Value,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    code: u32,
    #[serde(default)]
    message: String,
}

/// A result, and what the envelope says about the rest of it.
pub(crate) struct Page<T> {
    pub(crate) result: T,
    pub(crate) cursor: Option<String>,
}

impl Client {
    pub(crate) fn new(base: &Uri, token: Token) -> Result<Self, RemoteError> {
        let Token { text, from } = token;
        let mut value = HeaderValue::from_str(&format!("Bearer {text}")).map_err(|_| {
            RemoteError::wrong(
                format!("{from} has characters that no token has"),
                "copy it again, as one line",
            )
        })?;
        value.set_sensitive(true);
        let tls = Arc::new(tls()?);
        let mut tcp = HttpConnector::new();
        tcp.set_connect_timeout(Some(CONNECT_MAX));
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(ClientConfig::clone(&tls))
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let http = HttpClient::builder(TokioExecutor::new()).build(connector);
        Ok(Self { base: base.clone(), local: None, token: value, token_from: from, http, tls })
    }

    /// Nobody is asked: what is said of KV goes to this file.
    pub(crate) fn local(kv: KvAt) -> Result<Self, RemoteError> {
        let token = Token { text: "none".to_owned(), from: "no token".to_owned() };
        Ok(Self { local: Some(kv), ..Self::new(&Uri::from_static("http://local/client/v4"), token)? })
    }

    /// Where the node is, for people.
    pub(crate) fn address(&self) -> String {
        let authority = self.base.authority().map(ToString::to_string).unwrap_or_default();
        format!("{}://{authority}", self.base.scheme_str().unwrap_or("http"))
    }

    /// How TLS is spoken here, for a connection beside those of this client.
    pub(crate) fn tls(&self) -> Arc<ClientConfig> {
        self.tls.clone()
    }

    /// Asks for something.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, RemoteError> {
        self.call(Method::GET, path, Payload::Nothing).await
    }

    /// Asks for a page of something.
    pub(crate) async fn page<T: DeserializeOwned>(&self, path: &str) -> Result<Page<T>, RemoteError> {
        let envelope = self.envelope(Method::GET, path, Payload::Nothing, &self.token).await?;
        let cursor = envelope.result_info.get("cursor").and_then(Value::as_str);
        let cursor = cursor.filter(|cursor| !cursor.is_empty()).map(str::to_owned);
        Ok(Page { result: self.typed(path, envelope.result)?, cursor })
    }

    /// Asks for, or orders, something.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        payload: Payload,
    ) -> Result<T, RemoteError> {
        let envelope = self.envelope(method, path, payload, &self.token).await?;
        self.typed(path, envelope.result)
    }

    /// The same with the token of one upload instead of the client's own.
    pub(crate) async fn call_as<T: DeserializeOwned>(
        &self,
        token: &str,
        path: &str,
        payload: Payload,
    ) -> Result<T, RemoteError> {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| self.strange(path, "the token of the upload has characters that no token has"))?;
        value.set_sensitive(true);
        let envelope = self.envelope(Method::POST, path, payload, &value).await?;
        self.typed(path, envelope.result)
    }

    /// Asks for bytes, which come without an envelope.
    pub(crate) async fn bytes(&self, path: &str) -> Result<Bytes, RemoteError> {
        let (status, body) = self.exchange(Method::GET, path, Payload::Nothing, &self.token).await?;
        if status.is_success() {
            return Ok(body);
        }
        self.open(status, &body).and_then(|_| Err(self.not_the_api(status, &body)))
    }

    async fn envelope(
        &self,
        method: Method,
        path: &str,
        payload: Payload,
        token: &HeaderValue,
    ) -> Result<Envelope, RemoteError> {
        let (status, body) = self.exchange(method, path, payload, token).await?;
        self.open(status, &body)
    }

    fn open(&self, status: StatusCode, body: &Bytes) -> Result<Envelope, RemoteError> {
        if body.is_empty() && status.is_success() {
            let (result, result_info) = (Value::Null, Value::Null);
            return Ok(Envelope { success: true, result, errors: Vec::new(), result_info });
        }
        let envelope: Envelope = serde_json::from_slice(body).map_err(|_| self.not_the_api(status, body))?;
        if envelope.success && status.is_success() {
            return Ok(envelope);
        }
        let said = |refusal: Refusal| Said { code: refusal.code, message: refusal.message };
        let errors = envelope.errors.into_iter().map(said).collect();
        Err(RemoteError::Refused { status, errors, token: self.token_from.clone() })
    }

    fn typed<T: DeserializeOwned>(&self, path: &str, result: Value) -> Result<T, RemoteError> {
        serde_json::from_value(result).map_err(|error| self.strange(path, &error.to_string()))
    }

    /// An answer that the API does not give.
    pub(crate) fn strange(&self, path: &str, reason: &str) -> RemoteError {
        RemoteError::wrong(
            printable(&format!("the answer of {}/{path} is not understood: {reason}", self.base)),
            "are `mote` and the node of the same version? `mote --version` says this one's",
        )
    }

    fn not_the_api(&self, status: StatusCode, body: &Bytes) -> RemoteError {
        let text = String::from_utf8_lossy(body);
        let shown: String = printable(text.trim()).chars().take(SHOWN_CHARS_MAX).collect();
        RemoteError::NotTheApi { api: self.base.to_string(), status, shown }
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        payload: Payload,
        token: &HeaderValue,
    ) -> Result<(StatusCode, Bytes), RemoteError> {
        let request = self.request(method, path, payload, token)?;
        let answered = async {
            if let Some(kv) = &self.local {
                let (parts, body) = kv.answer_call(request).await.into_parts();
                let Ok(body) = body.collect().await;
                return Ok((parts.status, body.to_bytes()));
            }
            let response = self.http.request(request).await.map_err(|error| self.failed(&error))?;
            let (parts, body) = response.into_parts();
            Ok((parts.status, self.collect(body).await?))
        };
        let late = || self.broken(format!("no answer within {} s", CALL_MAX.as_secs()));
        tokio::time::timeout(CALL_MAX, answered).await.map_err(|_| late())?
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        payload: Payload,
        token: &HeaderValue,
    ) -> Result<Request<Sending>, RemoteError> {
        let (kind, body) = match payload {
            Payload::Nothing => (None, Sending::nothing()),
            Payload::Json(value) => (Some("application/json".to_owned()), Sending::of(value.to_string())),
            Payload::Bytes(bytes) => (Some("application/octet-stream".to_owned()), Sending::of(bytes)),
            Payload::Form(form) => (Some(form.kind()), form.sending()),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}/{path}", self.base))
            .header(header::AUTHORIZATION, token)
            .header(header::USER_AGENT, concat!("mote/", env!("CARGO_PKG_VERSION")));
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        request.body(body).map_err(|error| RemoteError::usage(format!("`{path}` is no path: {error}")))
    }

    async fn collect(&self, body: Incoming) -> Result<Bytes, RemoteError> {
        let read = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        read.map(http_body_util::Collected::to_bytes).map_err(|error| self.broken(deepest(error.as_ref())))
    }

    fn failed(&self, error: &hyper_util::client::legacy::Error) -> RemoteError {
        let reason = deepest(error);
        if error.is_connect() {
            return RemoteError::NoServer { api: self.base.to_string(), reason };
        }
        self.broken(reason)
    }

    fn broken(&self, reason: String) -> RemoteError {
        RemoteError::Broken { api: self.base.to_string(), reason }
    }
}

/// A part of a path, as `encodeURIComponent` writes it.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, IN_PATH).to_string()
}

/// The path of an account's things.
pub(crate) fn in_account(account: &str, rest: &str) -> String {
    format!("accounts/{}/{rest}", segment(account))
}

/// The path of a worker's things; `rest` begins with a slash or is empty.
pub(crate) fn in_worker(account: &str, name: &str, rest: &str) -> String {
    in_account(account, &format!("workers/scripts/{}{rest}", segment(name)))
}

/// The reason at the bottom of an error: the layers above say "client error" and the like.
fn deepest(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    printable(&last.to_string())
}

/// TLS as the system trusts it, so that a node behind a certificate of one's own can be reached.
fn tls() -> Result<ClientConfig, RemoteError> {
    use hyper_rustls::ConfigBuilderExt;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let failed = |error: rustls::Error| RemoteError::wrong(format!("TLS cannot be used: {error}"), "");
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(failed)?;
    // Without any certificate of the system's, plain HTTP goes on working, and HTTPS says why it does not.
    Ok(match builder.clone().with_native_roots() {
        Ok(builder) => builder.with_no_client_auth(),
        Err(_) => builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::testing::Fake, *};

    #[test]
    fn a_part_of_a_path_stays_one_part() {
        assert_eq!(segment("a/b?c#d %ü.."), "a%2Fb%3Fc%23d%20%25%C3%BC..");
        assert_eq!(in_worker("acme", "a b", "/x"), "accounts/acme/workers/scripts/a%20b/x");
    }

    #[tokio::test]
    async fn results_come_out_of_their_envelope_and_refusals_say_why() {
        let fake = Fake::start(|request| match &*request.path {
            "/client/v4/good" => (200, json!({"success": true, "result": [1, 2]}).to_string()),
            "/client/v4/empty" => (204, String::new()),
            "/client/v4/page" => {
                (200, json!({"success": true, "result": [], "result_info": {"cursor": "next"}}).to_string())
            }
            "/client/v4/bad" => {
                (403, json!({"success": false, "errors": [{"code": 10_000, "message": "no"}]}).to_string())
            }
            _ => (200, "<html>a page".to_owned()),
        })
        .await;
        let client = fake.client();
        assert_eq!(client.get::<Vec<u8>>("good").await.unwrap(), [1, 2]);
        client.get::<Value>("empty").await.unwrap();
        assert_eq!(client.page::<Vec<u8>>("page").await.unwrap().cursor.as_deref(), Some("next"));
        assert_eq!(client.get::<Value>("bad").await.unwrap_err().to_string(), "no (code 10000)");
        let wrong = client.get::<String>("good").await.unwrap_err();
        assert!(wrong.to_string().contains("is not understood"), "{wrong}");
        let page = client.get::<Value>("page-of-somebody-else").await.unwrap_err();
        assert!(page.to_string().contains("<html>a page") && page.help().is_some(), "{page}");
        assert_eq!(fake.requests()[0].authorization, "Bearer a-token");
    }

    #[tokio::test]
    async fn a_node_that_is_not_there_is_told_from_one_that_hangs_up() {
        let base: Uri = "http://127.0.0.1:1/client/v4".parse().unwrap();
        let token = || Token { text: "t".to_owned(), from: "a test".to_owned() };
        let client = Client::new(&base, token()).unwrap();
        let error = client.get::<Value>("user").await.unwrap_err();
        assert!(matches!(error, RemoteError::NoServer { .. }), "{error:?}");
        assert!(error.help().unwrap().contains("is `mote serve` running?"));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/client/v4", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                drop(stream);
            }
        });
        let client = Client::new(&base, token()).unwrap();
        let error = client.get::<Value>("user").await.unwrap_err();
        assert!(matches!(error, RemoteError::Broken { .. }), "{error:?}");
    }

    #[test]
    fn a_token_with_a_line_break_is_refused_and_not_shown() {
        let token = Token { text: "se\ncret".to_owned(), from: "a test".to_owned() };
        let error = Client::new(&"http://a/client/v4".parse().unwrap(), token).err().unwrap();
        assert!(!error.to_string().contains("cret"), "{error}");
    }
}
