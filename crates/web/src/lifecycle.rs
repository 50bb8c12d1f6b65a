//! How events end: done, hung, stopped, or left by their clients.

use std::{cell::Cell, rc::Rc, time::Duration};

use mote_engine::{Isolate, Stop, Turn, v8};

use crate::{
    context::{Answer, Failure, RequestContext},
    runtime::{LogLevel, Runtime},
};

/// How often an isolate's turns may be stopped until it has proved to be nobody's fault but its own.
const STOPS_MAX: u32 = 10;
/// CPU time that the check of an isolate may use.
const CHECK_CPU_MAX: Duration = Duration::from_millis(50);

impl Runtime {
    pub(crate) fn after_turn(&self, context: u32) {
        self.state.touch(context);
        // A turn may also finish what others wait for: a promise that it resolved may be theirs.
        for context in self.state.touched.take() {
            let Some(context) = self.state.context(context) else { continue };
            if context.is_over() {
                self.end(&context);
            } else if context.answered() && context.wait_until.get() > 0 {
                self.limit_wait_until(&context);
            }
        }
        if self.state.pending_ops.get() == 0 && !self.state.contexts.borrow().is_empty() {
            self.fail_hung();
        }
    }

    /// With no I/O under way, nothing can settle any promise any more: who has no answer now never will.
    fn fail_hung(&self) {
        let in_background = self.isolate.borrow().as_ref().is_some_and(Isolate::has_background_work);
        if in_background {
            let runtime = self.state.runtime.borrow().clone();
            tokio::task::spawn_local(async move {
                tokio::time::sleep(Duration::from_millis(1)).await;
                if let Some(runtime) = runtime.upgrade() {
                    runtime.turn(0, |_| ());
                }
            });
            return;
        }
        if self.stops.get() > 0 {
            // What it waits for may have been dropped when a turn was stopped, and others may wait for the same.
            self.condemned.set(true);
        }
        let stuck: Vec<_> = self.state.contexts.borrow().values().cloned().collect();
        for context in stuck {
            context.answer(Answer::Failed(Failure::Hung));
            self.end(&context);
        }
    }

    /// The client has left before it had an answer.
    pub(crate) fn client_left(&self, context: &Rc<RequestContext>) {
        if context.ended.get() {
            return;
        }
        self.abort_request(context.id);
        context.answer(Answer::Failed(Failure::Gone));
        // A body that the worker writes somewhere may stand still for ever, and it serves nobody here any more.
        self.limit_leftovers(context);
        self.after_turn(context.id);
    }

    /// Tells the worker that the client has left: `request.signal` aborts.
    pub(crate) fn abort_request(&self, context: u32) {
        self.turn(context, |scope| {
            let id = v8::Integer::new_from_unsigned(scope, context);
            self.call(scope, |hooks| &hooks.abort_request, &[id.into()]);
        });
    }

    /// Ends a context's I/O and forgets it.
    pub(crate) fn end(&self, context: &Rc<RequestContext>) {
        if context.ended.get() {
            return;
        }
        context.end();
        self.state.contexts.borrow_mut().remove(&context.id);
        if context.kept.get() {
            self.kept_ends.borrow_mut().push_back(context.id);
            self.drop_kept();
        }
    }

    /// Has JavaScript drop what it keeps of events that have ended. Each of these turns may end more events, thousands of them when
    /// nothing is under way any more: the outermost call sees to all, one after the other, so that the stack stays flat.
    fn drop_kept(&self) {
        let Some(_outermost) = Outermost::enter(&self.dropping_kept) else { return };
        loop {
            let next = self.kept_ends.borrow_mut().pop_front();
            let Some(id) = next else { return };
            self.turn(0, |scope| {
                let id = v8::Integer::new_from_unsigned(scope, id);
                self.call(scope, |hooks| &hooks.end_event, &[id.into()]);
            });
        }
    }

    /// A turn was stopped: its event fails. With the heap at its limit, all events fail.
    pub(crate) fn stopped(&self, context: u32, stop: Stop) {
        if self.is_left() {
            self.left(stop);
            return;
        }
        match stop {
            Stop::Cpu => {
                if let Some(context) = self.state.context(context) {
                    self.fail(&context, Failure::ExceededCpu);
                }
                // What the turn has left is garbage now, and nobody may come for long to make V8 see to it.
                self.with_isolate(Isolate::collect_garbage);
                if !self.is_sound() {
                    self.condemned.set(true);
                }
                if self.is_left() {
                    self.left(stop);
                }
            }
            Stop::Memory => self.end_all(&Failure::ExceededMemory),
            Stop::Asked => self.end_all(&Failure::Stopped),
        }
    }

    fn is_left(&self) -> bool {
        self.isolate.borrow().as_ref().is_some_and(Isolate::is_left)
    }

    /// A turn was left, and the isolate with it: no event goes on there. It is given up first, so that nothing that the events'
    /// ends would run is tried.
    pub(crate) fn left(&self, stop: Stop) {
        self.condemned.set(true);
        // They are of its heap, which nobody touches any more.
        let _stay = std::mem::ManuallyDrop::new(self.hooks.borrow_mut().take());
        self.isolate.borrow_mut().take();
        self.state.console.left(stop);
        self.end_all(&match stop {
            Stop::Cpu => Failure::ExceededCpu,
            Stop::Memory => Failure::ExceededMemory,
            Stop::Asked => Failure::Stopped,
        });
    }

    /// Fails all events and frees the isolate.
    pub fn end_all(&self, failure: &Failure) {
        self.condemned.set(true);
        let all: Vec<_> = self.state.contexts.borrow().values().cloned().collect();
        for context in all {
            self.fail(&context, failure.clone());
        }
        self.bury();
    }

    /// Whether an isolate of which a turn was stopped can take new events.
    ///
    /// V8 unwinds a stopped turn cleanly and drops the microtasks that were due. So other events under way may wait for
    /// something that will never happen now, and the platform's own code may have been stopped between two steps that
    /// belong together: the first is known, the second is tried out.
    fn is_sound(&self) -> bool {
        self.stops.set(self.stops.get() + 1);
        if self.stops.get() > STOPS_MAX || !self.state.contexts.borrow().is_empty() {
            return false;
        }
        let mut slot = self.isolate.borrow_mut();
        let Some(isolate) = slot.as_mut() else { return false };
        let checked = isolate.turn(CHECK_CPU_MAX, |scope| {
            v8::tc_scope!(let scope, scope);
            let promise =
                self.call(scope, |hooks| &hooks.check_soundness, &[])?.try_cast::<v8::Promise>().ok()?;
            mote_engine::drain_microtasks(scope);
            drop(mote_engine::rejections::take_unhandled(scope));
            let fulfilled = promise.state() == v8::PromiseState::Fulfilled;
            (fulfilled && promise.result(scope).is_true()).then_some(())
        });
        matches!(checked.turn, Turn::Done(Some(())))
    }

    /// Fails an event; if it has an answer already, only the log can tell.
    pub(crate) fn fail(&self, context: &Rc<RequestContext>, failure: Failure) {
        context.usage.set_outcome(failure.outcome());
        if context.answered() {
            self.state.log(Some(context), LogLevel::Error, &format!("after the response: {failure}"));
        }
        context.answer(Answer::Failed(failure));
        self.end(context);
    }

    fn bury(&self) {
        self.hooks.borrow_mut().take();
        if let Some(isolate) = self.isolate.borrow_mut().take() {
            isolate.condemn().bury();
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        for context in self.state.contexts.borrow_mut().drain().map(|(_, context)| context) {
            context.answer(Answer::Failed(Failure::Gone));
            context.end();
        }
    }
}

/// The outermost call of what may call itself; then whoever is next may be.
struct Outermost<'a>(&'a Cell<bool>);

impl<'a> Outermost<'a> {
    /// `None` if a call is under way.
    fn enter(under_way: &'a Cell<bool>) -> Option<Self> {
        (!under_way.replace(true)).then(|| Self(under_way))
    }
}

impl Drop for Outermost<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// Someone who waits for an answer; when it is dropped, the client has left.
pub(crate) struct Waiting<'a> {
    pub(crate) runtime: &'a Rc<Runtime>,
    pub(crate) context: &'a Rc<RequestContext>,
    pub(crate) answered: Cell<bool>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.answered.get() {
            return;
        }
        let (runtime, context) = (Rc::downgrade(self.runtime), self.context.clone());
        // In a task of its own: this drop may happen anywhere, also where no turn may begin.
        tokio::task::spawn_local(async move {
            // What the leaving itself has broken comes first: a half upload rejects the read of it.
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
            if let Some(runtime) = runtime.upgrade() {
                runtime.client_left(&context);
            }
        });
    }
}
