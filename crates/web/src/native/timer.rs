//! Timers. A timer belongs to the request context that set it.

use std::{rc::Rc, time::Duration};

use mote_engine::{memory::Held, v8};

use super::{
    args::{hold_all, id_arg, throw_error, throw_type_error},
    async_frame,
    body::here,
    natives,
};
use crate::{context::RequestContext, op::Pending, state::State};

natives! {
    timerStart => timer_start,
    timerCancel => timer_cancel,
}

/// Longest delay, as HTML's timers have it: a signed 32-bit number of milliseconds.
const DELAY_MS_MAX: f64 = 2_147_483_647.0;
/// What a timer takes outside of V8's heap, about.
const TIMER_BYTES: usize = 768;
/// A timer that repeats leaves room for others.
const INTERVAL_MIN: Duration = Duration::from_millis(1);

/// Counts a timer as set while it lives, or until it is cancelled: what is aborted lives on until the turn is over.
struct Set {
    context: Rc<RequestContext>,
    id: u32,
    _held: Held,
}

impl Set {
    /// `None` if the event may set no more.
    fn new(context: &Rc<RequestContext>, id: u32, held: Held) -> Option<Self> {
        let mut timers = context.timers.borrow_mut();
        let has_room = (timers.len() as u64) < context.usage.limits().timers;
        (has_room && timers.insert(id)).then(|| Self { context: context.clone(), id, _held: held })
    }
}

impl Drop for Set {
    fn drop(&mut self) {
        self.context.timers.borrow_mut().remove(&self.id);
    }
}

/// `timerStart(callback, ms, repeat) -> id`: after so many milliseconds, or as soon as there is a turn if `ms` is undefined
fn timer_start<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    let Ok(callback) = args.get(0).try_cast::<v8::Function>() else {
        throw_type_error(scope, "a timer needs a function");
        return;
    };
    let id = state.new_id();
    let Some(held) = hold_all(scope, TIMER_BYTES) else { return };
    let Some(set) = Set::new(&context, id, held) else {
        let max = state.limits.timers;
        throw_error(scope, &format!("Too many timers: an event may have {max} set at once."));
        return;
    };
    let delay =
        args.get(1).number_value(scope).filter(|ms| ms.is_finite()).unwrap_or(0.0).clamp(0.0, DELAY_MS_MAX);
    let delay = Duration::from_secs_f64(delay / 1000.0);
    let (waits, repeat) = (!args.get(1).is_undefined(), args.get(2).is_true());
    let callback = v8::Global::new(scope, callback);
    let frame = async_frame::captured(scope);
    let mut pending = Some(Pending::new(&state, &context, id));
    let runtime = state.runtime.borrow().clone();
    let context_id = context.id;
    let task = tokio::task::spawn_local(async move {
        let _set = set;
        loop {
            if waits || repeat {
                tokio::time::sleep(if repeat { delay.max(INTERVAL_MIN) } else { delay }).await;
            }
            if !repeat {
                pending.take();
            }
            let Some(runtime) = runtime.upgrade() else { return };
            let ran = runtime.turn(context_id, |scope| {
                async_frame::restore(scope, frame.as_ref());
                let callback = v8::Local::new(scope, &callback);
                let receiver = v8::undefined(scope);
                let _ground = mote_engine::leave::open();
                callback.call(scope, receiver.into(), &[]);
            });
            if !repeat || ran.is_none() {
                return;
            }
        }
    });
    context.ops.borrow_mut().insert(id, task.abort_handle());
    rv.set_uint32(id);
}

fn timer_cancel<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let Some(context) = State::of(scope).and_then(|state| state.current(scope)) else { return };
    let id = id_arg(&args, 0);
    context.timers.borrow_mut().remove(&id);
    let timer = context.ops.borrow_mut().remove(&id);
    if let Some(timer) = timer {
        timer.abort();
    }
}
