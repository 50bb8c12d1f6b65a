//! Request contexts: everything that belongs to one event.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use mote_engine::JsError;
use mote_wire::http::Body;
use tokio::{sync::Notify, task::AbortHandle};

use crate::{
    body::NativeBody,
    connections::Connections,
    depth::Trail,
    native::{Holds, Socket, TcpSocket, WebSocketAsked},
    usage::EventUsage,
};

/// How an event ended, in Cloudflare's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Outcome {
    /// It ran to its end.
    Ok,
    /// The worker threw, or gave no response.
    Exception,
    /// It used more CPU time than it may.
    ExceededCpu,
    /// Its isolate reached the memory limit.
    ExceededMemory,
    /// It took more time than it may.
    ExceededWallTime,
    /// The client left first.
    Canceled,
    /// The response's body broke off.
    StreamDisconnected,
    /// Somebody stopped the worker.
    KillSwitch,
    /// It was turned away, to keep the node alive or others served.
    LoadShed,
}

impl Outcome {
    /// All of them; each is at the place of its number.
    pub const ALL: [Self; 9] = [
        Self::Ok,
        Self::Exception,
        Self::ExceededCpu,
        Self::ExceededMemory,
        Self::ExceededWallTime,
        Self::Canceled,
        Self::StreamDisconnected,
        Self::KillSwitch,
        Self::LoadShed,
    ];

    pub(crate) fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::Exception)
    }

    /// Cloudflare's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Exception => "exception",
            Self::ExceededCpu => "exceededCpu",
            Self::ExceededMemory => "exceededMemory",
            Self::ExceededWallTime => "exceededWallTime",
            Self::Canceled => "canceled",
            Self::StreamDisconnected => "responseStreamDisconnected",
            Self::KillSwitch => "killSwitch",
            Self::LoadShed => "loadShed",
        }
    }
}

/// Why an event has no response.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// The worker threw, rejected, or returned what is no response.
    #[error("{0}")]
    Exception(JsError),
    /// The CPU limit.
    #[error("the worker used more CPU time than it may")]
    ExceededCpu,
    /// The memory limit.
    #[error("the worker used more memory than it may")]
    ExceededMemory,
    /// The time limit.
    #[error("the worker took more time than it may")]
    ExceededWallTime,
    /// The kill switch.
    #[error("the worker was stopped")]
    Stopped,
    /// The worker waits for something that can never happen.
    #[error(
        "the worker's code will never give a response: it waits for something that cannot happen any more"
    )]
    Hung,
    /// The worker has no handler for this kind of event.
    #[error("the worker has no `{0}` handler")]
    NoHandler(&'static str),
    /// The isolate is gone.
    #[error("the worker's isolate is gone")]
    Gone,
}

impl Failure {
    /// The outcome that this is recorded as.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Exception(_) | Self::Hung | Self::NoHandler(_) => Outcome::Exception,
            Self::ExceededCpu => Outcome::ExceededCpu,
            Self::ExceededMemory => Outcome::ExceededMemory,
            Self::ExceededWallTime => Outcome::ExceededWallTime,
            Self::Stopped => Outcome::KillSwitch,
            Self::Gone => Outcome::Canceled,
        }
    }
}

/// What an event answers.
pub(crate) enum Answer {
    Response(http::Response<Body>),
    /// A scheduled event, or another that gives nothing, is done.
    Done,
    Failed(Failure),
}

/// Everything that belongs to one event.
pub(crate) struct RequestContext {
    pub(crate) id: u32,
    /// The request's headers, until JavaScript has read them.
    pub(crate) headers: RefCell<http::HeaderMap>,
    /// What is known of the client's connection, until JavaScript has read it.
    pub(crate) cf: RefCell<Option<http::HeaderValue>>,
    pub(crate) bodies: RefCell<HashMap<u32, NativeBody>>,
    pub(crate) pipes: RefCell<HashMap<u32, crate::body::Pipe>>,
    pub(crate) sockets: RefCell<HashMap<u32, Socket>>,
    /// Connections of `connect()`.
    pub(crate) tcp: RefCell<HashMap<u32, TcpSocket>>,
    /// Work under way for it: I/O that will settle a promise, timers. Aborted when it ends.
    pub(crate) ops: RefCell<HashMap<u32, AbortHandle>>,
    /// The request's own connection, when it asks to become a WebSocket.
    pub(crate) upgrade: RefCell<Option<mote_wire::http::Upgraded>>,
    /// What it says of that.
    pub(crate) websocket: RefCell<Option<WebSocketAsked>>,
    answer: RefCell<Option<Answer>>,
    answered: Cell<bool>,
    /// Tells the one who waits for the answer.
    pub(crate) notify: Notify,
    pub(crate) wait_until: Cell<u32>,
    /// WebSockets that wait for the client to switch.
    pub(crate) opening: Cell<u32>,
    /// The body that the response's client reads.
    pub(crate) response_pipe: Cell<u32>,
    /// JavaScript keeps something of it that must be dropped at its end.
    pub(crate) kept: Cell<bool>,
    pub(crate) ended: Cell<bool>,
    /// When its time is up; `None` while nobody waits but a client who reads.
    pub(crate) deadline: Cell<Option<Instant>>,
    /// What it uses, and may use.
    pub(crate) usage: Arc<EventUsage>,
    /// The way that its request has come.
    pub(crate) trail: Trail,
    /// Timers that are set.
    pub(crate) timers: RefCell<HashSet<u32>>,
    /// Its turns to the network.
    pub(crate) connections: Rc<Connections>,
}

impl RequestContext {
    pub(crate) fn new(id: u32, headers: http::HeaderMap, usage: Arc<EventUsage>) -> Rc<Self> {
        let limits = usage.limits();
        let trail = Trail::of(&headers);
        Rc::new(Self {
            id,
            headers: RefCell::new(headers),
            cf: RefCell::default(),
            bodies: RefCell::default(),
            pipes: RefCell::default(),
            sockets: RefCell::default(),
            tcp: RefCell::default(),
            ops: RefCell::default(),
            upgrade: RefCell::default(),
            websocket: RefCell::default(),
            answer: RefCell::default(),
            answered: Cell::new(false),
            notify: Notify::new(),
            wait_until: Cell::new(0),
            opening: Cell::new(0),
            response_pipe: Cell::new(0),
            kept: Cell::new(false),
            ended: Cell::new(false),
            deadline: Cell::new(usage.began().checked_add(Duration::from_millis(limits.wall_ms))),
            trail,
            timers: RefCell::default(),
            connections: Connections::new(limits.connections),
            usage,
        })
    }

    /// Gives the answer; only the first one counts.
    pub(crate) fn answer(&self, answer: Answer) {
        if !self.answered.replace(true) {
            if let Answer::Failed(failure) = &answer {
                self.usage.set_outcome(failure.outcome());
            }
            self.deadline.set(None);
            *self.answer.borrow_mut() = Some(answer);
            self.notify.notify_one();
        }
    }

    pub(crate) fn answered(&self) -> bool {
        self.answered.get()
    }

    pub(crate) fn take_answer(&self) -> Option<Answer> {
        self.answer.borrow_mut().take()
    }

    /// True when nothing of it is left to do.
    pub(crate) fn is_over(&self) -> bool {
        self.answered.get() && self.wait_until.get() == 0 && !self.is_busy()
    }

    /// True while a client or a peer of it is being served.
    pub(crate) fn is_busy(&self) -> bool {
        let serves = self.sockets.borrow().values().any(|socket| socket.holds == Holds::Event);
        serves || !self.pipes.borrow().is_empty() || self.opening.get() > 0
    }

    /// Ends all its I/O.
    pub(crate) fn end(&self) {
        self.ended.set(true);
        for (_, op) in self.ops.borrow_mut().drain() {
            op.abort();
        }
        self.bodies.borrow_mut().clear();
        self.pipes.borrow_mut().clear();
        self.sockets.borrow_mut().clear();
        self.tcp.borrow_mut().clear();
    }
}
