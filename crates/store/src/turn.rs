//! Whose turn it is to write. SQLite has one writer at a time and keeps no queue: who asks at the right moment goes first. KV
//! may write without a pause, so it lets a deploy that waits go first.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long a deploy waits before it looks again whether nobody writes.
const LOOK_PERIOD: Duration = Duration::from_millis(2);
/// How often it looks: five seconds in all, as long as others wait.
const LOOKS_MAX: i32 = 2_500;
/// How long KV keeps away, so that the one who waits can begin.
const PAUSE: Duration = Duration::from_millis(4);

struct Turn {
    deploy_waits: Mutex<bool>,
    free: Condvar,
    /// Nobody ever signals it.
    pause: Condvar,
}

// One for all stores of a process: SQLite gives a busy handler no context. A pause too many harms nobody.
static TURN: Turn = Turn { deploy_waits: Mutex::new(false), free: Condvar::new(), pause: Condvar::new() };

fn lock() -> MutexGuard<'static, bool> {
    TURN.deploy_waits.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The busy handler of the connection that deploys are written with.
pub(crate) fn wait(looks: i32) -> bool {
    let mut waits = lock();
    *waits = true;
    drop(TURN.free.wait_timeout(waits, LOOK_PERIOD));
    looks < LOOKS_MAX
}

/// Called between two transactions of KV.
pub(crate) fn let_deploys_pass() {
    let mut waits = lock();
    if *waits {
        *waits = false;
        TURN.free.notify_all();
        drop(TURN.pause.wait_timeout(waits, PAUSE));
    }
}
