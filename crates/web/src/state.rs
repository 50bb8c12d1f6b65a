//! What an isolate's natives share: its request contexts, its clock, its way out.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::{Rc, Weak},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use mote_engine::{JsError, memory::MemoryAccount, v8};
use mote_wire::{compatibility::Compatibility, http::Egress, limits::Limits};

use crate::{
    body::Coder,
    context::RequestContext,
    native::async_frame::event_of_running,
    runtime::{Console, LogLevel, Runtime},
    usage::Printed,
};

/// What fits into an event's log.
enum Room {
    Enough,
    /// Only so many bytes, and nothing after them.
    Last {
        bytes: usize,
    },
    None,
}

/// What a line of the log costs besides its text.
const LOG_LINE_BYTES: usize = 16;

/// In a slot of the isolate as `Rc<State>`.
pub(crate) struct State {
    pub(crate) runtime: RefCell<Weak<Runtime>>,
    pub(crate) contexts: RefCell<HashMap<u32, Rc<RequestContext>>>,
    next_id: Cell<u32>,
    /// The time that the isolate sees, in milliseconds since the epoch: that of the last I/O.
    pub(crate) now_ms: Cell<f64>,
    pub(crate) started_ms: f64,
    pub(crate) egress: Arc<dyn Egress>,
    pub(crate) console: Rc<dyn Console>,
    /// I/O under way in all contexts.
    pub(crate) pending_ops: Cell<u32>,
    /// What the tokens of fetches under way are aborted by.
    pub(crate) fetches: RefCell<HashMap<u32, u32>>,
    pub(crate) inspected: Cell<bool>,
    /// Which behaviours of the platform the worker has asked for; set before any of its code runs.
    pub(crate) compatibility: Cell<Compatibility>,
    /// Contexts of which the running turn may have finished something.
    pub(crate) touched: RefCell<Vec<u32>>,
    pub(crate) limits: Limits,
    pub(crate) memory: MemoryAccount,
    /// WebSockets that are open.
    pub(crate) websockets: Rc<Cell<u64>>,
    /// What was written to the log outside of events.
    log_bytes: Cell<u64>,
}

impl State {
    pub(crate) fn new(
        egress: Arc<dyn Egress>,
        console: Rc<dyn Console>,
        limits: Limits,
        memory: MemoryAccount,
    ) -> Rc<Self> {
        let now = wall_clock_ms();
        Rc::new(Self {
            runtime: RefCell::default(),
            contexts: RefCell::default(),
            next_id: Cell::new(1),
            now_ms: Cell::new(now),
            started_ms: now,
            egress,
            console,
            pending_ops: Cell::new(0),
            fetches: RefCell::default(),
            inspected: Cell::new(false),
            compatibility: Cell::default(),
            touched: RefCell::default(),
            limits,
            memory,
            websockets: Rc::default(),
            log_bytes: Cell::new(0),
        })
    }

    pub(crate) fn of(scope: &v8::PinScope<'_, '_>) -> Option<Rc<Self>> {
        scope.get_slot::<Rc<Self>>().cloned()
    }

    /// An id for a context or an I/O object, unique in the isolate.
    pub(crate) fn new_id(&self) -> u32 {
        let id = self.next_id.get();
        self.next_id.set(id.checked_add(1).unwrap_or(1));
        id
    }

    /// Moves the isolate's clock. Only the runtime does, at the start of a turn.
    pub(crate) fn tick(&self) {
        self.now_ms.set(wall_clock_ms());
    }

    pub(crate) fn context(&self, id: u32) -> Option<Rc<RequestContext>> {
        self.contexts.borrow().get(&id).cloned()
    }

    /// Does and undoes content codings on behalf of an event.
    pub(crate) fn coder(&self, context: &RequestContext) -> Coder {
        Coder { account: self.memory.clone(), usage: context.usage.clone() }
    }

    /// Notes that a context may be over after this turn.
    pub(crate) fn touch(&self, context: u32) {
        self.touched.borrow_mut().push(context);
    }

    /// Writes a line to the log, as far as the event may write that much; without an event, the isolate.
    pub(crate) fn log(&self, context: Option<&RequestContext>, level: LogLevel, text: &str) {
        self.log_message(context, level, text, None);
    }

    /// The same for a line of which is known what was printed: a JSON array.
    pub(crate) fn log_message(
        &self,
        context: Option<&RequestContext>,
        level: LogLevel,
        text: &str,
        message: Option<&str>,
    ) {
        match self.room_in_log(context, text.len().saturating_add(message.map_or(0, str::len))) {
            Room::Enough => self.write(context, level, text, message),
            Room::Last { bytes } => {
                let cut = text.floor_char_boundary(bytes);
                self.write(context, level, text.get(..cut).unwrap_or_default(), None);
                let kib = self.limits.log_kib;
                let text = format!("the log is cut here: an event may write {kib} KiB to the console");
                self.write(context, LogLevel::Warn, &text, None);
            }
            Room::None => {}
        }
    }

    /// Tells of an error that nobody caught, as far as there is room in the log.
    pub(crate) fn uncaught(&self, context: Option<&RequestContext>, error: &JsError) {
        crate::recording::spoil("it fails where nobody catches it");
        if !matches!(self.room_in_log(context, error.stack.len()), Room::None) {
            self.console.uncaught(error);
            if let Some(journal) = context.and_then(|context| context.usage.journal()) {
                journal.error(error, self.now_ms.get());
            }
        }
    }

    fn write(&self, context: Option<&RequestContext>, level: LogLevel, text: &str, message: Option<&str>) {
        self.console.log(level, text);
        if let Some(journal) = context.and_then(|context| context.usage.journal()) {
            journal.line(level, Printed { text, message }, self.now_ms.get());
        }
    }

    /// Counts bytes for the log; tells for how many of them there is room.
    fn room_in_log(&self, context: Option<&RequestContext>, bytes: usize) -> Room {
        // A line has a cost of its own, also an empty one.
        let counted = bytes.saturating_add(LOG_LINE_BYTES);
        let before = match context {
            Some(context) => context.usage.count_log(counted),
            None => self.log_bytes.replace(self.log_bytes.get().saturating_add(counted as u64)),
        };
        let limit = self.limits.log_kib.saturating_mul(1 << 10);
        match usize::try_from(limit.saturating_sub(before)).unwrap_or(usize::MAX) {
            0 => Room::None,
            left if left < counted => Room::Last { bytes: left },
            _ => Room::Enough,
        }
    }

    /// The context that the running code belongs to; it follows the code through every `await`.
    pub(crate) fn current(&self, scope: &v8::PinScope<'_, '_>) -> Option<Rc<RequestContext>> {
        self.context(event_of_running(scope)?)
    }
}

/// Makes `context` the one that code belongs to from here on.
pub(crate) fn enter_context(scope: &mut v8::PinScope<'_, '_>, context: u32) {
    let id = v8::Integer::new_from_unsigned(scope, context);
    scope.set_continuation_preserved_embedder_data(id.into());
}

/// Code from here on belongs to no context, and nothing is stored for it.
pub(crate) fn leave_context(scope: &mut v8::PinScope<'_, '_>) {
    let nothing = v8::undefined(scope);
    scope.set_continuation_preserved_embedder_data(nothing.into());
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that all others are frozen copies of")]
/// The time in milliseconds since the epoch, whole: the only real clock of the platform.
#[must_use]
pub fn wall_clock_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1000.0).floor()
}
