//! Service bindings between the projects that are served: a call comes from one worker's isolate and goes to another's, both of
//! them in the cell of this process.

use std::rc::Rc;

use http::{Request, Response, StatusCode};
use mote_cell::{CallKind, Cell, Incoming};
use mote_host::{
    bound,
    egress::{Calling, Services},
    site::Asked,
};
use mote_wire::{
    http::{Body, Duplex, UpgradeSlot, Upgraded},
    link::{self, Callee, Kind},
};
use tokio::sync::{mpsc, oneshot};

use super::sites::Sites;

/// Calls that wait until the serving thread takes them; it does so at its next breath.
const CALLS_WAITING_MAX: usize = 256;
/// Bytes that are on their way between two workers, in each direction of a connection.
const CONNECTION_BYTES: usize = 64 << 10;

/// The way from workers to workers.
pub(super) struct Calls(mpsc::Sender<Call>);

/// The end of it where calls are carried out.
pub(super) struct Switchboard(mpsc::Receiver<Call>);

struct Call {
    worker: String,
    to: To,
    request: link::Request,
    reply: oneshot::Sender<Result<Response<Body>, String>>,
}

/// What of a worker is called.
enum To {
    Code(Callee),
    /// Its own code asks.
    Assets,
}

/// Both ends.
pub(super) fn calls() -> (Calls, Switchboard) {
    let (sender, receiver) = mpsc::channel(CALLS_WAITING_MAX);
    (Calls(sender), Switchboard(receiver))
}

impl Services for Calls {
    fn call(&self, worker: String, callee: Callee, request: link::Request) -> Calling {
        self.send(worker, To::Code(callee), request)
    }

    fn file(&self, worker: String, request: link::Request) -> Calling {
        self.send(worker, To::Assets, request)
    }
}

impl Calls {
    fn send(&self, worker: String, to: To, request: link::Request) -> Calling {
        let calls = self.0.clone();
        Box::pin(async move {
            let gone = || "`mote dev` is ending".to_owned();
            let (reply, answer) = oneshot::channel();
            calls.send(Call { worker, to, request, reply }).await.map_err(|_| gone())?;
            answer.await.map_err(|_| gone())?
        })
    }
}

impl Switchboard {
    /// Carries out what comes, for as long as somebody may call. It must be run inside a `LocalSet`.
    pub(super) async fn run(mut self, cell: Rc<Cell>, sites: Rc<Sites>) {
        while let Some(call) = self.0.recv().await {
            tokio::task::spawn_local(answer(cell.clone(), sites.clone(), call));
        }
    }
}

async fn answer(cell: Rc<Cell>, sites: Rc<Sites>, call: Call) {
    let Call { worker, to, request, mut reply } = call;
    let serving = async {
        let asked = Asked::new(&request.method, &request.url, &request.headers).by_code();
        match to {
            To::Assets => sites.file(&worker, asked).await,
            // Whoever asks the worker as a whole asks its files, too.
            To::Code(callee) if request.kind == Kind::Fetch && callee.entrypoint.is_none() => {
                match sites.answer(&worker, asked).await {
                    Some(answer) => answer,
                    None => serve(&cell, &worker, callee, request).await,
                }
            }
            To::Code(callee) => serve(&cell, &worker, callee, request).await,
        }
    };
    let answered = tokio::select! {
        biased;
        // Whoever has called wants nothing any more.
        () = reply.closed() => return,
        answered = serving => answered,
    };
    let _ = reply.send(answered);
}

async fn serve(
    cell: &Rc<Cell>,
    worker: &str,
    callee: Callee,
    request: link::Request,
) -> Result<Response<Body>, String> {
    if !cell.has(worker) {
        return Err(format!(
            "`mote dev` serves no worker called `{worker}`: name the folder of its project on the command line, too"
        ));
    }
    let link::Request { kind, method, url, mut headers, body, upgrade, .. } = request;
    bound::name_host(&mut headers, &url);
    let (theirs, ours) = if upgrade {
        let (theirs, ours) = tokio::io::duplex(CONNECTION_BYTES);
        (Some(connected(theirs)), Some(connected(ours)))
    } else {
        (None, None)
    };
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.headers_mut() = headers;
    let kind = if kind == Kind::Rpc { CallKind::Rpc } else { CallKind::Fetch };
    let incoming = Incoming { request, url, upgrade: theirs, callee, kind, ticket: None };
    let answered = cell.serve(worker, incoming).await;
    let mut response = answered.map_err(|error| bound::reason_of(&error))?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS
        && let Some(ours) = ours
    {
        response.extensions_mut().insert(UpgradeSlot::new(ours));
    }
    Ok(response)
}

fn connected(io: tokio::io::DuplexStream) -> Upgraded {
    Upgraded(Box::pin(std::future::ready(Some(Box::new(io) as Box<dyn Duplex>))))
}
