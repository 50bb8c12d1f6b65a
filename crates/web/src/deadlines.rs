//! Wall time: events that take too long, and `waitUntil` work that goes on for too long after the answer.
//!
//! One task per isolate looks after all its events, as long as there are any: a timer for each would cost more than a
//! short event itself.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use crate::{
    context::{Failure, RequestContext},
    runtime::{LogLevel, Runtime},
};

/// The longest that nobody looks.
const PERIOD_MAX: Duration = Duration::from_secs(1);
/// The shortest.
const PERIOD_MIN: Duration = Duration::from_millis(5);

impl Runtime {
    /// Sees to it that deadlines are kept from now on.
    pub(crate) fn watch_deadlines(&self) {
        if self.watching.replace(true) {
            return;
        }
        let runtime = self.state.runtime.borrow().clone();
        let shortest = Duration::from_millis(self.state.limits.wall_ms.min(self.state.limits.wait_until_ms));
        let period = (shortest / 10).clamp(PERIOD_MIN, PERIOD_MAX);
        tokio::task::spawn_local(async move {
            loop {
                tokio::time::sleep(period).await;
                let Some(runtime) = runtime.upgrade() else { return };
                if runtime.events() == 0 {
                    runtime.watching.set(false);
                    return;
                }
                runtime.keep_deadlines();
            }
        });
    }

    fn keep_deadlines(&self) {
        let now = Instant::now();
        let is_late =
            |context: &&Rc<RequestContext>| context.deadline.get().is_some_and(|deadline| deadline <= now);
        let late: Vec<_> = self.state.contexts.borrow().values().filter(is_late).cloned().collect();
        for context in late {
            if context.answered() {
                let seconds = self.state.limits.wait_until_ms as f64 / 1000.0;
                let text = format!(
                    "waitUntil() tasks did not finish within {seconds} s after the response, and were cancelled"
                );
                self.state.log(Some(&context), LogLevel::Warn, &text);
                self.end(&context);
            } else {
                self.fail(&context, Failure::ExceededWallTime);
            }
        }
    }

    /// After its answer an event has time for its `waitUntil` work, which begins when nobody is served any more.
    pub(crate) fn limit_wait_until(&self, context: &RequestContext) {
        if !context.is_busy() {
            self.limit_leftovers(context);
        }
    }

    /// What is left of an event that serves nobody any more has as much time.
    pub(crate) fn limit_leftovers(&self, context: &RequestContext) {
        if context.deadline.get().is_none() {
            let time = Duration::from_millis(self.state.limits.wait_until_ms);
            context.deadline.set(Instant::now().checked_add(time));
        }
    }
}
