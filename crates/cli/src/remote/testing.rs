//! A node that answers as a test wants, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Client, connection::Token};

/// What was asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    pub(crate) authorization: String,
    pub(crate) kind: String,
    pub(crate) body: Bytes,
}

impl Asked {
    /// Method and path after `/client/v4/`.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path.trim_start_matches("/client/v4/"))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }
}

type Answers = dyn Fn(&Asked) -> (u16, String) + Send + Sync;

/// The node.
pub(crate) struct Fake {
    pub(crate) address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    pub(crate) async fn start(answers: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static) -> Self {
        let answers: Arc<Answers> = Arc::new(answers);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answers, noted) = (answers.clone(), noted.clone());
                let service = service_fn(move |request| answer(request, answers.clone(), noted.clone()));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, asked }
    }

    pub(crate) fn client(&self) -> Client {
        let base = format!("http://{}/client/v4", self.address).parse().expect("an address");
        Client::new(&base, Token { text: "a-token".to_owned(), from: "the test's token".to_owned() })
            .expect("a client")
    }

    pub(crate) fn requests(&self) -> Vec<Asked> {
        self.asked.lock().expect("no test panics while it holds this").clone()
    }

    /// What was asked, in one line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests().iter().map(Asked::line).collect()
    }
}

/// A result in its envelope.
pub(crate) fn good(result: &Value) -> (u16, String) {
    (200, json!({"success": true, "errors": [], "messages": [], "result": result}).to_string())
}

/// A refusal in its envelope.
pub(crate) fn bad(status: u16, code: u32, message: &str) -> (u16, String) {
    let errors = json!([{"code": code, "message": message}]);
    (status, json!({"success": false, "errors": errors, "messages": [], "result": null}).to_string())
}

async fn answer(
    request: Request<Incoming>,
    answers: Arc<Answers>,
    noted: Arc<Mutex<Vec<Asked>>>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let header = |name: &str| {
        parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        authorization: header("authorization"),
        kind: header("content-type"),
        body: body.collect().await?.to_bytes(),
    };
    let (status, text) = answers(&asked);
    noted.lock().expect("no test panics while it holds this").push(asked);
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status.try_into().expect("a status");
    Ok(response)
}
