//! An event's way into a cell, and what becomes of it when that cell is lost.

use std::{
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;
use mote_wire::{
    control::ToCell,
    event::EventError,
    http::{Body, BodyError, Duplex, UpgradeSlot, Upgraded},
    limits::LIMITS,
    link::{Kind, RequestError, TICKET},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::watch,
    time::{Instant, timeout},
};

use super::{
    Supervisor, errors,
    given::Loading,
    incident::IncidentKind,
    live::LiveCell,
    options::Profile,
    repeat::{Draft, Event},
    worker::{Switch, Worker, WorkerSpec},
};

/// How often one event is sent: once, and once more if its cell was lost before it began.
const SENDS_MAX: usize = 2;
/// How often it looks for a cell that has its worker loaded, before it was sent at all.
const PLACES_MAX: usize = 8;
/// At how many entrances it waits in vain ([`super::entrance`]): as many newcomers took long turns before it.
const ENTRANCES_MAX: usize = 64;

/// An event that may be sent to a cell.
pub(super) struct Prepared {
    /// The worker's number there.
    pub(super) number: u32,
    /// What counts it as under way.
    pub(super) event: UnderWay,
    /// Since when.
    at: Instant,
}

/// The same, and who says whether its version has loaded, if that is not done.
type Given = (Prepared, Option<watch::Receiver<Loading>>);

/// Why an event was not sent to a cell.
pub(super) enum Unsent {
    /// Another cell may do.
    Elsewhere,
    /// No cell will.
    Refused(EventError),
}

impl Supervisor {
    /// Runs an event. Dropping the future, or the response's body, means that the client has left.
    ///
    /// # Errors
    /// What the client gets instead of a response of the worker's.
    pub async fn call(self: &Rc<Self>, worker: &str, event: Event) -> Result<Response<Body>, EventError> {
        self.answer(worker, event).await.unwrap_or_else(|error| {
            // What a cell answers, it counts itself.
            if let Some(worker) = self.workers.borrow().get(worker) {
                worker.totals.borrow_mut().count(errors::outcome_of(&error));
            }
            Err(error)
        })
    }

    /// Runs a scheduled event until its work is done; gives its outcome in Cloudflare's words.
    ///
    /// # Errors
    /// If it did not begin, or its cell was lost.
    pub async fn scheduled(
        self: &Rc<Self>,
        worker: &str,
        cron: String,
        time_ms: f64,
    ) -> Result<String, EventError> {
        let mut headers = HeaderMap::new();
        if let Ok(time) = HeaderValue::from_str(&time_ms.to_string()) {
            headers.insert("scheduled-time", time);
        }
        let body = mote_wire::http::empty();
        let event = Event {
            kind: Kind::Scheduled,
            method: Method::POST,
            url: cron,
            headers,
            body,
            upgrade: false,
            target: String::new(),
            client: None,
        };
        let response = self.call(worker, event).await?;
        let lost = |_| errors::cell_lost("in the middle", "The event had begun, so it was not sent again.");
        let outcome = response.into_body().collect().await.map_err(lost)?.to_bytes();
        Ok(String::from_utf8_lossy(&outcome).into_owned())
    }

    /// The answer that a cell gave, or the supervisor's own.
    async fn answer(
        self: &Rc<Self>,
        name: &str,
        mut event: Event,
    ) -> Result<Result<Response<Body>, EventError>, EventError> {
        // Whatever the client calls so is none.
        event.headers.remove(TICKET);
        let mut worker = self.worker(name)?;
        let spec = worker.current();
        let ticket = self.watcher.begins(&spec, &event);
        if let Some(ticket) = ticket {
            drop(event.headers.try_insert(TICKET, ticket));
        }
        let mut draft = Draft::new(event);
        let (mut sends, mut places, mut entrances) = (0, 0, 0);
        loop {
            let cell = self.place(&worker).await?;
            let Some(inside) = self.enter(&cell, &worker).await else {
                entrances += 1;
                if entrances == ENTRANCES_MAX {
                    return Err(errors::no_cell("each one was held up by the code of others"));
                }
                worker = self.worker(name)?;
                continue;
            };
            places += 1;
            let Prepared { number, event, at } = match self.prepare(&cell, &worker).await {
                Ok(prepared) => prepared,
                Err(Unsent::Elsewhere) if places < PLACES_MAX => {
                    worker = self.worker(name)?;
                    continue;
                }
                Err(Unsent::Elsewhere) => {
                    return Err(errors::no_cell("each one was lost before it could be used"));
                }
                Err(Unsent::Refused(error)) => return Err(error),
            };
            // It is there: a draft that cannot be repeated ends this loop below.
            let Some(body) = draft.body() else {
                return Err(errors::cell_lost("twice", "The event cannot be sent again."));
            };
            sends += 1;
            let waiting = cell.waits.begin(&spec, at);
            // Many clients may send long heads while a long turn runs there.
            cell.link.room().await;
            let answer = cell.inside(inside, cell.link.send(&draft.head(number), body)).await;
            drop(waiting);
            match answer {
                Ok(response) => return Ok(Ok(counted(response, event))),
                Err(RequestError::Failed(failure)) => return Ok(Err(errors::said_by_cell(&failure))),
                Err(RequestError::Full) => {
                    return Err(errors::load_shed("its process has as many exchanges under way as it may"));
                }
                Err(RequestError::TooLarge) => return Err(errors::too_large()),
                Err(RequestError::Lost { index }) => {
                    let loss = cell.lost().await;
                    // Not earlier: the incident counts what was under way.
                    drop(event);
                    if index < loss.begun {
                        return Err(errors::cell_lost(
                            &loss.reason,
                            "The event had begun, so it was not sent again.",
                        ));
                    }
                    if sends == SENDS_MAX || !draft.can_repeat() {
                        let why = "The event had not begun, but it cannot be sent again.";
                        return Err(errors::cell_lost(&loss.reason, why));
                    }
                    self.counts.retry();
                    worker = self.worker(name)?;
                }
            }
        }
    }

    fn worker(&self, name: &str) -> Result<Rc<Worker>, EventError> {
        if self.is_closing() {
            return Err(errors::draining());
        }
        let worker = self.workers.borrow().get(name).cloned();
        let worker = worker.ok_or_else(|| errors::unknown_worker(name))?;
        match worker.switch.get() {
            Switch::On => Ok(worker),
            Switch::Off => Err(errors::stopped()),
        }
    }

    /// Sees that a cell has the worker's current version.
    pub(super) async fn prepare(
        self: &Rc<Self>,
        cell: &Rc<LiveCell>,
        worker: &Rc<Worker>,
    ) -> Result<Prepared, Unsent> {
        let spec = worker.current();
        let (prepared, loading) = match self.given(cell, &spec) {
            Some(given) => given,
            None => self.deploy(cell, worker, &spec).await?,
        };
        let Some(mut loading) = loading else {
            // What is no more, or has moved, is current in no cell.
            let current = worker.switch.get() == Switch::On && cell.takes_events();
            return if current { Ok(prepared) } else { Err(Unsent::Elsewhere) };
        };
        if *loading.borrow() == Loading::Pending {
            let loaded =
                timeout(self.options.deploy_max, loading.wait_for(|loading| *loading != Loading::Pending));
            let loaded = tokio::select! {
                loaded = loaded => loaded.map(|loaded| loaded.is_ok()),
                _ = cell.lost() => Ok(false),
            };
            match loaded {
                Ok(true) => {}
                Ok(false) => return Err(Unsent::Elsewhere),
                Err(_) => {
                    return Err(Unsent::Refused(errors::load_shed("the worker takes too long to load")));
                }
            }
        }
        if let Loading::Refused(reason) = &*loading.borrow() {
            return Err(Unsent::Refused(errors::does_not_load(reason)));
        }
        // Much may have happened while the version was loading.
        let current = worker.switch.get() == Switch::On && self.workers.borrow().contains_key(&worker.name);
        let there =
            cell.takes_events() && cell.given.borrow().number_of(&worker.name) == Some(prepared.number);
        if current && there { Ok(prepared) } else { Err(Unsent::Elsewhere) }
    }

    /// An event of a worker in a cell that was told to load this version, and who says when it is loaded; nobody if it is.
    fn given(&self, cell: &LiveCell, spec: &Rc<WorkerSpec>) -> Option<Given> {
        let mut given = cell.given.borrow_mut();
        let number = given.number_of(&spec.name)?;
        let entry = given.entry(number).filter(|entry| Rc::ptr_eq(&entry.spec, spec))?;
        let at = Instant::now();
        entry.used_at = at;
        cell.last_event.set(at);
        let is_loaded = matches!(*entry.loading.borrow(), Loading::Loaded(_));
        let loading = (!is_loaded).then(|| entry.loading.clone());
        let event = UnderWay::begin(&cell.under_way, &entry.under_way);
        Some((Prepared { number, event, at }, loading))
    }

    /// Tells a cell to load a version, unless somebody else has done so in the meantime.
    async fn deploy(
        self: &Rc<Self>,
        cell: &Rc<LiveCell>,
        worker: &Rc<Worker>,
        spec: &Rc<WorkerSpec>,
    ) -> Result<Given, Unsent> {
        let permit = tokio::select! {
            permit = cell.deploys.acquire() => permit.map_err(|_| Unsent::Elsewhere)?,
            _ = cell.lost() => return Err(Unsent::Elsewhere),
        };
        if !cell.takes_events() || !Rc::ptr_eq(&worker.current(), spec) {
            return Err(Unsent::Elsewhere);
        }
        if let Some(given) = self.given(cell, spec) {
            return Ok(given);
        }
        self.make_room(cell, &spec.name);
        let number = cell.given.borrow_mut().give(worker, spec, Instant::now());
        let busy = || Unsent::Refused(errors::load_shed("too many versions of the worker are loading"));
        let number = number.ok_or_else(busy)?;
        // It was prepared for an engine that makes machine code.
        let prepared = match cell.profile {
            Profile::Jit => spec.prepared.borrow().clone(),
            Profile::Jitless => Bytes::new(),
        };
        let message = ToCell::Deploy {
            worker: number,
            name: spec.name.to_string(),
            account: spec.account.as_deref().unwrap_or_default().to_owned(),
            limits: LIMITS
                .iter()
                .filter_map(|info| Some((info.key.to_owned(), spec.limits.get(info.key)?)))
                .collect(),
            env_json: spec.env_json.clone(),
            compatibility: spec.compatibility,
            bundle: spec.bundle.head(),
            prepared_bytes: prepared.len(),
        };
        if !cell.tell_with(&message, [spec.bundle.bytes().clone(), prepared]) {
            let reason = "it does not read what it is told".to_owned();
            self.lose(cell, IncidentKind::Silent, reason, cell.pings.get().answered_at);
            return Err(Unsent::Elsewhere);
        }
        self.tell_reading(cell, number);
        let given = self.given(cell, spec).ok_or(Unsent::Elsewhere)?;
        if let Some(loading) = &given.1 {
            self.hold(permit, cell, loading.clone());
        }
        Ok(given)
    }

    /// Holds the permission to load until the version is loaded, also if the event that asked for it is gone by then.
    fn hold(
        &self,
        permit: tokio::sync::SemaphorePermit<'_>,
        cell: &Rc<LiveCell>,
        mut loading: watch::Receiver<Loading>,
    ) {
        permit.forget();
        let cell = cell.clone();
        tokio::task::spawn_local(async move {
            tokio::select! {
                _ = loading.wait_for(|loading| *loading != Loading::Pending) => {}
                _ = cell.lost() => {}
            }
            cell.deploys.add_permits(1);
        });
    }

    fn make_room(&self, cell: &LiveCell, worker: &str) {
        let mut given = cell.given.borrow_mut();
        if given.len() >= self.options.workers_max
            && given.number_of(worker).is_none()
            && let Some(idlest) = given.idlest()
        {
            given.retire(idlest, None);
        }
    }
}

/// An event that is under way. Dropping it means that host and client are done with it.
pub(super) struct UnderWay {
    cell: Arc<AtomicU64>,
    worker: Arc<AtomicU64>,
}

impl UnderWay {
    fn begin(cell: &Arc<AtomicU64>, worker: &Arc<AtomicU64>) -> Self {
        cell.fetch_add(1, Ordering::Relaxed);
        worker.fetch_add(1, Ordering::Relaxed);
        Self { cell: cell.clone(), worker: worker.clone() }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.cell.fetch_sub(1, Ordering::Relaxed);
        self.worker.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The response, which counts as under way until its last byte, or until its connection is closed.
fn counted(mut response: Response<Body>, event: UnderWay) -> Response<Body> {
    let upgraded = response.extensions_mut().remove::<UpgradeSlot>().and_then(|slot| slot.take());
    if let Some(Upgraded(upgrading)) = upgraded {
        let io = async move {
            let io = upgrading.await?;
            Some(Box::new(CountedIo { io, _event: event }) as Box<dyn Duplex>)
        };
        response.extensions_mut().insert(UpgradeSlot::new(Upgraded(Box::pin(io))));
        return response;
    }
    // The cell has nothing to do any more with what is here as a whole.
    if response.body().as_whole().is_some() || response.body().is_end_stream() {
        return response;
    }
    response.map(|body| Body::stream(CountedBody { body, event: Some(event) }))
}

struct CountedBody {
    body: Body,
    event: Option<UnderWay>,
}

impl http_body::Body for CountedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(task);
        let over = match &polled {
            Poll::Ready(Some(Ok(_))) => self.body.is_end_stream(),
            Poll::Ready(Some(Err(_)) | None) => true,
            Poll::Pending => false,
        };
        if over {
            self.event = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

struct CountedIo {
    io: Box<dyn Duplex>,
    _event: UnderWay,
}

impl AsyncRead for CountedIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_read(task, buffer)
    }
}

impl AsyncWrite for CountedIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(task, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(task)
    }
}
