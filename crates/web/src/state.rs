//! What an isolate's natives share: its request contexts, its clock, its way out.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::{Rc, Weak},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use mote_engine::v8;
use mote_wire::http::Egress;

use crate::{
    context::RequestContext,
    runtime::{Console, Runtime},
};

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
    /// Contexts of which the running turn may have finished something.
    pub(crate) touched: RefCell<Vec<u32>>,
}

impl State {
    pub(crate) fn new(egress: Arc<dyn Egress>, console: Rc<dyn Console>) -> Rc<Self> {
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
            touched: RefCell::default(),
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

    /// Notes that a context may be over after this turn.
    pub(crate) fn touch(&self, context: u32) {
        self.touched.borrow_mut().push(context);
    }

    /// The context that the running code belongs to; it follows the code through every `await`.
    pub(crate) fn current(&self, scope: &v8::PinScope<'_, '_>) -> Option<Rc<RequestContext>> {
        let id = scope.get_continuation_preserved_embedder_data().try_cast::<v8::Uint32>().ok()?.value();
        self.context(id)
    }
}

/// Makes `context` the one that code belongs to from here on.
pub(crate) fn enter_context(scope: &mut v8::PinScope<'_, '_>, context: u32) {
    let id = v8::Integer::new_from_unsigned(scope, context);
    scope.set_continuation_preserved_embedder_data(id.into());
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that all others are frozen copies of")]
/// The time in milliseconds since the epoch, whole: the only real clock of the platform.
#[must_use]
pub fn wall_clock_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1000.0).floor()
}
