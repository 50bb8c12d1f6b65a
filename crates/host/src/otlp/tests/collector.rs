//! A collector that does what it is told, and keeps what it was sent.

use std::{collections::VecDeque, net::Ipv4Addr};

use http::{Response, request::Parts};
use http_body_util::{BodyExt, Full};
use hyper::{Request, body::Bytes, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
    },
    trace::v1::Span,
};
use prost::Message;
use tokio::{net::TcpListener, sync::mpsc, task::spawn_local};

use super::{PATIENCE, Rc, RefCell, timeout};

/// How a collector answers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reply {
    Fine,
    Status(u16),
    /// The same, and to come again at once.
    RetryNow(u16),
    /// So many spans were not wanted.
    Refused(i64),
    Garbage,
    Huge,
    Never,
}

/// What it was sent.
pub(super) struct Got {
    pub(super) head: Parts,
    pub(super) request: ExportTraceServiceRequest,
}

impl Got {
    pub(super) fn spans(&self) -> Vec<&Span> {
        let scopes = self.request.resource_spans.iter().flat_map(|of| &of.scope_spans);
        scopes.flat_map(|scope| &scope.spans).collect()
    }
}

pub(super) struct Collector {
    port: u16,
    got: mpsc::Receiver<Got>,
}

impl Collector {
    /// One that answers so, and then well.
    pub(super) async fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (send, got) = mpsc::channel(1_024);
        let replies = Rc::new(RefCell::new(VecDeque::from(replies)));
        spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (send, replies) = (send.clone(), replies.clone());
                let service = service_fn(move |request| answer(request, send.clone(), replies.clone()));
                spawn_local(async move {
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
                });
            }
        });
        Self { port, got }
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// An address where nobody listens.
    pub(super) async fn nobody() -> String {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    }

    pub(super) async fn next(&mut self) -> Got {
        timeout(PATIENCE, self.got.recv()).await.expect("something arrives").unwrap()
    }
}

async fn answer(
    request: Request<Incoming>,
    send: mpsc::Sender<Got>,
    replies: Rc<RefCell<VecDeque<Reply>>>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let request = ExportTraceServiceRequest::decode(body).expect("it is what the standard says");
    send.send(Got { head, request }).await.ok();
    let reply = replies.borrow_mut().pop_front().unwrap_or(Reply::Fine);
    let partial = |rejected_spans| ExportTraceServiceResponse {
        partial_success: Some(ExportTracePartialSuccess { rejected_spans, ..Default::default() }),
    };
    let (status, body) = match reply {
        Reply::Fine => (200, ExportTraceServiceResponse::default().encode_to_vec()),
        Reply::Status(status) | Reply::RetryNow(status) => (status, Vec::new()),
        Reply::Refused(spans) => (200, partial(spans).encode_to_vec()),
        Reply::Garbage => (202, b"\xff\xff\xff".to_vec()),
        Reply::Huge => (200, vec![0; 1 << 20]),
        Reply::Never => std::future::pending().await,
    };
    let mut response = Response::builder().status(status);
    if matches!(reply, Reply::RetryNow(_)) {
        response = response.header("retry-after", "0");
    }
    Ok(response.body(Full::from(body)).expect("a response"))
}
