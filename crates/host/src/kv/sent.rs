//! Values on their way out. A cell that does not read what it asked for must not keep the memory from the others.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use mote_wire::http::{BodyError, full};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use crate::budget::Reserved;

/// Values up to this size leave with their head, and wait in the link's own buffers, which are bounded.
const SMALL_BYTES: usize = 16 << 10;
/// How many bytes go at once.
const PART_BYTES: usize = 64 << 10;
/// How long a value waits for its reader to take some more of it.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// How long it may take to read it all.
const WHOLE_MAX: Duration = Duration::from_secs(600);

/// The body of a value.
pub(super) fn body(value: Bytes, held: Reserved) -> mote_wire::http::Body {
    if value.len() <= SMALL_BYTES {
        return full(value);
    }
    let slot = Arc::new(Mutex::new(Some(Rest { value, taken: Instant::now(), _held: held })));
    let guard = tokio::spawn(drop_when_idle(slot.clone()));
    mote_wire::http::Body::stream(SlowBody { slot, guard })
}

/// What is still to be sent.
struct Rest {
    value: Bytes,
    /// When some of it was taken last.
    taken: Instant,
    _held: Reserved,
}

type Slot = Arc<Mutex<Option<Rest>>>;

fn lock(slot: &Slot) -> MutexGuard<'_, Option<Rest>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn drop_when_idle(slot: Slot) {
    let end = Instant::now() + WHOLE_MAX;
    loop {
        let Some(taken) = lock(&slot).as_ref().map(|rest| rest.taken) else { return };
        let until = end.min(taken + IDLE_MAX);
        if until <= Instant::now() {
            *lock(&slot) = None;
            return;
        }
        sleep_until(until).await;
    }
}

struct SlowBody {
    slot: Slot,
    guard: JoinHandle<()>,
}

impl Body for SlowBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let mut slot = lock(&self.slot);
        let Some(rest) = slot.as_mut() else {
            let reason = "the value was not read in time".to_owned();
            return Poll::Ready(Some(Err(BodyError::Aborted { reason })));
        };
        if rest.value.is_empty() {
            return Poll::Ready(None);
        }
        let part = rest.value.copy_to_bytes(PART_BYTES.min(rest.value.len()));
        rest.taken = Instant::now();
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn size_hint(&self) -> SizeHint {
        let left = lock(&self.slot).as_ref().map_or(0, |rest| rest.value.len());
        SizeHint::with_exact(u64::try_from(left).unwrap_or(u64::MAX))
    }
}

impl Drop for SlowBody {
    fn drop(&mut self) {
        *lock(&self.slot) = None;
        self.guard.abort();
    }
}
