//! What both halves of a link's end share: its exchanges, and the bytes that are to leave.

use std::{
    cmp::Ordering,
    collections::{HashMap, VecDeque},
    hash::{BuildHasherDefault, Hasher},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use tokio::sync::oneshot;

use super::{
    Answer, Head, LinkOptions, RequestError, Side, WINDOW_BYTES,
    body::{LinkBody, Pump},
    frame::{self, BodyStart, INLINE_BYTES_MAX, RequestHead, ResponseHead},
};
use crate::http::{Body, BodyError};

/// Bytes that wait to leave, from which on no more of bodies is added.
pub(super) const OUT_BYTES_ENOUGH: usize = 1 << 20;

/// What a piece of a body takes beside its bytes, about: many small ones are not to be cheaper than they are.
const PIECE_BYTES: usize = 128;

/// The number of an exchange among those of its side. On the wire it is doubled, and the last bit says whose it is.
pub(super) fn index_of(exchange: u64) -> u64 {
    exchange >> 1
}

/// One end of a link.
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) options: LinkOptions,
}

/// What one end knows.
pub(super) struct State {
    /// What is to leave next.
    pub(super) out: BytesMut,
    /// Wakes the driver.
    pub(super) driver: Option<Waker>,
    /// Bodies whose sending has not begun.
    pub(super) pumps: Vec<Pump>,
    /// Those who wait until less waits to leave, each of them once.
    pub(super) waiting_for_space: Vec<Waker>,
    /// How often what waited has left. Whoever waits for space notes when he has said so.
    pub(super) refills: u64,
    /// Requests begun by this side so far.
    pub(super) next_own: u64,
    /// The same of the other side.
    pub(super) next_others: u64,
    /// Exchanges under way that this side has begun.
    pub(super) own: usize,
    /// The same of the other side.
    pub(super) others: usize,
    pub(super) exchanges: HashMap<u64, Exchange, BuildHasherDefault<Spread>>,
    /// What all of them hold of what has come.
    pub(super) held_bytes: usize,
    /// Frames that have come so far.
    pub(super) heard: u64,
    /// Bytes that have come of a frame that is not whole.
    pub(super) unfinished_bytes: usize,
    /// Pieces that were read so far.
    pub(super) reads: u64,
    pub(super) closed: bool,
}

/// One exchange, while anybody has to do with it.
pub(super) struct Exchange {
    /// Who waits for the answer; on the requester's side, until it is there.
    pub(super) answer: Option<oneshot::Sender<Answer>>,
    /// Wakes the responder when the requester has given up; on the responder's side, until it has answered.
    pub(super) cancelled: Option<Waker>,
    /// Whether it may become a stream of bytes.
    pub(super) upgrade: bool,
    /// The answer's head has come, or has left.
    pub(super) answered: bool,
    pub(super) inbound: Inbound,
    pub(super) outbound: Outbound,
}

/// A body that comes.
pub(super) struct Inbound {
    queue: VecDeque<Bytes>,
    /// What is in the queue, and the head as long as the exchange is there.
    held_bytes: usize,
    /// How many pieces of all bodies had been read when one of this was read last, or when it began.
    read_at: u64,
    /// Bytes that the other side may still send.
    pub(super) window: u32,
    /// Bytes that were read and for which no new ones were asked for.
    pub(super) read: u32,
    /// Bytes that were announced and have not come; `None` if nobody knows.
    pub(super) announced: Option<u64>,
    /// How it ended, once it has on the wire.
    pub(super) end: Option<Result<(), BodyError>>,
    /// Somebody has it.
    pub(super) held: bool,
    pub(super) waker: Option<Waker>,
}

/// A body that leaves.
pub(super) struct Outbound {
    /// Bytes that may still leave.
    pub(super) credit: u32,
    /// Nothing more leaves: it is over, or nobody wants it.
    pub(super) ended: bool,
    pub(super) waker: Option<Waker>,
    /// When it has said last that it waits for space ([`State::refills`]).
    pub(super) asked: Option<u64>,
}

impl Exchange {
    fn new(upgrade: bool) -> Self {
        Self {
            answer: None,
            cancelled: None,
            upgrade,
            answered: false,
            inbound: Inbound {
                queue: VecDeque::new(),
                held_bytes: 0,
                read_at: 0,
                window: WINDOW_BYTES,
                read: 0,
                announced: None,
                end: None,
                held: false,
                waker: None,
            },
            outbound: Outbound { credit: WINDOW_BYTES, ended: false, waker: None, asked: None },
        }
    }

    fn is_over(&self) -> bool {
        self.answered && self.outbound.ended && self.inbound.end.is_some() && !self.inbound.held
    }

    pub(super) fn wake(&mut self) {
        let wakers = [self.inbound.waker.take(), self.outbound.waker.take(), self.cancelled.take()];
        for waker in wakers.into_iter().flatten() {
            waker.wake();
        }
    }
}

impl State {
    pub(super) fn wake_driver(&self) {
        if let Some(driver) = &self.driver {
            driver.wake_by_ref();
        }
    }

    /// Whether this side has begun the exchange.
    pub(super) fn is_own(side: Side, exchange: u64) -> bool {
        (exchange & 1 == 0) == (side == Side::Host)
    }

    /// Forgets an exchange. What it gives is to be dropped when the lock is free: others may do so in their turn.
    #[must_use]
    pub(super) fn remove(&mut self, side: Side, exchange: u64) -> Option<Exchange> {
        let mut removed = self.exchanges.remove(&exchange)?;
        let count = if Self::is_own(side, exchange) { &mut self.own } else { &mut self.others };
        *count = count.saturating_sub(1);
        self.held_bytes = self.held_bytes.saturating_sub(removed.inbound.held_bytes);
        removed.wake();
        Some(removed)
    }

    /// Forgets an exchange if nobody has to do with it any more.
    #[must_use]
    pub(super) fn remove_if_over(&mut self, side: Side, exchange: u64) -> Option<Exchange> {
        let over = self.exchanges.get(&exchange).is_some_and(Exchange::is_over);
        if over { self.remove(side, exchange) } else { None }
    }

    /// A new exchange of the other side's.
    pub(super) fn accept(&mut self, exchange: u64, head: &RequestHead, body: &BodyStart) {
        let mut entry = Exchange::new(head.upgrade);
        let head_bytes = frame::head_bytes(&head.headers, &[&head.url]);
        self.held_bytes += entry.inbound.begin(body, head_bytes, self.reads);
        self.exchanges.insert(exchange, entry);
        self.others += 1;
    }

    /// Takes the next piece of a body that has come; `None` if there is none now.
    pub(super) fn pop(&mut self, exchange: u64) -> Option<Bytes> {
        let inbound = &mut self.exchanges.get_mut(&exchange)?.inbound;
        let piece = inbound.queue.pop_front()?;
        let bytes = cost(&piece);
        self.reads += 1;
        inbound.read_at = self.reads;
        inbound.held_bytes = inbound.held_bytes.saturating_sub(bytes);
        self.held_bytes = self.held_bytes.saturating_sub(bytes);
        Some(piece)
    }

    /// Keeps a piece of a body for whoever reads it; false if there is no room for it.
    pub(super) fn push(&mut self, exchange: u64, piece: &Bytes, held_bytes_max: usize) -> bool {
        let bytes = cost(piece);
        let held = self.held_bytes.saturating_add(bytes);
        if held > held_bytes_max {
            return false;
        }
        if let Some(entry) = self.exchanges.get_mut(&exchange) {
            self.held_bytes = held;
            entry.inbound.held_bytes += bytes;
            entry.inbound.queue.push_back(piece.clone());
        }
        true
    }

    /// Those bodies of which pieces wait and that were not read for longest, as many as hold so many bytes.
    pub(super) fn left_longest(&self, bytes: usize) -> Vec<u64> {
        let waits = |(_, entry): &(&u64, &Exchange)| !entry.inbound.queue.is_empty();
        let mut all: Vec<_> = self
            .exchanges
            .iter()
            .filter(waits)
            .map(|(exchange, entry)| (entry.inbound.read_at, *exchange, entry.inbound.held_bytes))
            .collect();
        all.sort_unstable();
        let mut sum = 0_usize;
        let enough = all.iter().take_while(|(_, _, held)| {
            let goes_on = sum < bytes;
            sum = sum.saturating_add(*held);
            goes_on
        });
        enough.map(|(_, exchange, _)| *exchange).collect()
    }

    /// Throws away what has come of a body.
    pub(super) fn forget(&mut self, exchange: u64) {
        while self.pop(exchange).is_some() {}
    }
}

/// What a piece takes of the room for what has come.
fn cost(piece: &Bytes) -> usize {
    piece.len() + PIECE_BYTES
}

impl Inbound {
    /// The body begins, behind a head of so many bytes, when so many pieces were read. One that is there as a whole needs nobody
    /// to wait for the rest. Gives what it takes of the room for what has come.
    pub(super) fn begin(&mut self, body: &BodyStart, head_bytes: usize, reads: u64) -> usize {
        let mut bytes = head_bytes;
        self.read_at = reads;
        self.announced = body.length.map(|length| length.saturating_sub(body.inline.len() as u64));
        if body.ended {
            self.end = Some(Ok(()));
            bytes += body.inline.len();
        } else {
            self.held = true;
            if !body.inline.is_empty() {
                bytes += cost(&body.inline);
                self.queue.push_back(body.inline.clone());
            }
        }
        self.held_bytes += bytes;
        bytes
    }
}

impl Shared {
    pub(super) fn new(options: LinkOptions) -> Self {
        let state = State {
            out: BytesMut::new(),
            driver: None,
            pumps: Vec::new(),
            waiting_for_space: Vec::new(),
            refills: 0,
            next_own: 0,
            next_others: 0,
            own: 0,
            others: 0,
            exchanges: HashMap::default(),
            held_bytes: 0,
            heard: 0,
            unfinished_bytes: 0,
            reads: 0,
            closed: false,
        };
        Self { state: Mutex::new(state), options }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin_request(
        self: &Arc<Self>,
        head: &Head<'_>,
        start: &BodyStart,
        rest: Option<Rest>,
    ) -> Result<(u64, oneshot::Receiver<Answer>), RequestError> {
        let mut state = self.lock();
        if state.closed {
            return Err(RequestError::Lost { index: state.next_own });
        }
        // Less than the other side allows: it may see the end of an exchange a little later than this one.
        if state.own >= self.options.streams_max / 4 * 3 {
            return Err(RequestError::Full);
        }
        let exchange = (state.next_own << 1) | u64::from(self.options.side == Side::Cell);
        state.next_own += 1;
        state.own += 1;
        let (sender, receiver) = oneshot::channel();
        let mut entry = Exchange::new(head.upgrade);
        entry.answer = Some(sender);
        entry.outbound.ended = start.ended;
        state.exchanges.insert(exchange, entry);
        frame::put_request(&mut state.out, exchange, head, start);
        if let Some(rest) = rest {
            state.pumps.push(rest.pump(self.clone(), exchange, start.length));
        }
        state.wake_driver();
        Ok((exchange, receiver))
    }

    pub(super) fn respond(
        self: &Arc<Self>,
        exchange: u64,
        head: &ResponseHead,
        start: &BodyStart,
        rest: Option<Rest>,
    ) {
        let mut state = self.lock();
        let Some(entry) = state.exchanges.get_mut(&exchange) else { return };
        entry.answered = true;
        entry.cancelled = None;
        entry.outbound.ended = start.ended;
        if entry.upgrade && entry.inbound.end.is_none() {
            // It stays HTTP, and had no body.
            entry.inbound.end = Some(Ok(()));
            entry.inbound.held = false;
        }
        frame::put_response(&mut state.out, exchange, head, start);
        if let Some(rest) = rest {
            state.pumps.push(rest.pump(self.clone(), exchange, start.length));
        }
        let over = state.remove_if_over(self.options.side, exchange);
        state.wake_driver();
        drop(state);
        drop(over);
    }

    /// Answers with 101; false if the requester has not asked for it or is gone.
    pub(super) fn switch(&self, exchange: u64, head: &ResponseHead, start: &BodyStart) -> bool {
        let mut state = self.lock();
        let Some(entry) = state.exchanges.get_mut(&exchange) else { return false };
        if !entry.upgrade {
            drop(state);
            self.fail(exchange, b"");
            return false;
        }
        entry.answered = true;
        entry.cancelled = None;
        entry.inbound.held = true;
        frame::put_response(&mut state.out, exchange, head, start);
        state.wake_driver();
        true
    }

    pub(super) fn fail(&self, exchange: u64, failure: &[u8]) {
        let mut state = self.lock();
        let removed = state.remove(self.options.side, exchange);
        if removed.is_some() {
            frame::put_fail(&mut state.out, exchange, failure);
            state.wake_driver();
        }
        drop(state);
        drop(removed);
    }

    /// Ready when less than enough waits to leave, or nothing ever will again. `asked` is when the one who waits has said so last, and
    /// by which waker.
    pub(super) fn poll_room(&self, asked: &mut Option<(u64, Waker)>, task: &Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.closed || state.out.len() < OUT_BYTES_ENOUGH {
            return Poll::Ready(());
        }
        let refills = state.refills;
        if !asked.as_ref().is_some_and(|(at, waker)| *at == refills && waker.will_wake(task.waker())) {
            *asked = Some((refills, task.waker().clone()));
            state.waiting_for_space.push(task.waker().clone());
        }
        Poll::Pending
    }

    /// Ready once an exchange is no more that this side has not answered.
    pub(super) fn poll_cancelled(&self, exchange: u64, task: &Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        let Some(entry) = state.exchanges.get_mut(&exchange) else { return Poll::Ready(()) };
        let waits = entry.cancelled.as_ref().is_some_and(|waker| waker.will_wake(task.waker()));
        if !entry.answered && !waits {
            entry.cancelled = Some(task.waker().clone());
        }
        Poll::Pending
    }

    /// Gives an exchange up, whoever has begun it.
    pub(super) fn cancel(&self, exchange: u64) {
        let mut state = self.lock();
        let removed = state.remove(self.options.side, exchange);
        if removed.is_some() {
            frame::put_cancel(&mut state.out, exchange);
            state.wake_driver();
        }
        drop(state);
        drop(removed);
    }

    /// The end: whoever waits for anything learns of it.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        (state.own, state.others, state.held_bytes) = (0, 0, 0);
        let (exchanges, pumps) = (std::mem::take(&mut state.exchanges), std::mem::take(&mut state.pumps));
        for waker in std::mem::take(&mut state.waiting_for_space) {
            waker.wake();
        }
        state.wake_driver();
        drop(state);
        for mut exchange in exchanges.into_values() {
            exchange.wake();
        }
        drop(pumps);
    }
}

/// What is left of a body after its start.
pub(super) struct Rest {
    body: Body,
    first: Bytes,
}

impl Rest {
    fn pump(self, shared: Arc<Shared>, exchange: u64, length: Option<u64>) -> Pump {
        Pump::new(shared, exchange, self.body, (self.first, length))
    }
}

/// Takes from a body what is there at once. A small one leaves with its head, and nobody has to wait for the rest.
pub(super) fn begin_body(mut body: Body) -> (BodyStart, Option<Rest>) {
    let length = body.size_hint().exact();
    let ended = |inline: Bytes| BodyStart { length: Some(inline.len() as u64), inline, ended: true };
    if body.is_end_stream() || length == Some(0) {
        return (ended(Bytes::new()), None);
    }
    let small =
        length.and_then(|length| usize::try_from(length).ok()).filter(|bytes| *bytes <= INLINE_BYTES_MAX);
    let mut first = Bytes::new();
    if let Some(bytes) = small {
        let mut nobody = Context::from_waker(Waker::noop());
        if let Poll::Ready(Some(Ok(frame))) = std::pin::Pin::new(&mut body).poll_frame(&mut nobody)
            && let Ok(data) = frame.into_data()
        {
            match data.len().cmp(&bytes) {
                Ordering::Equal => return (ended(data), None),
                Ordering::Less => first = data,
                Ordering::Greater => body = too_long(),
            }
        }
    }
    (BodyStart { length, inline: Bytes::new(), ended: false }, Some(Rest { body, first }))
}

/// What is left of a body that is longer than was announced.
fn too_long() -> Body {
    let frames = futures_util::stream::iter([Err(longer_than_announced())]);
    Body::stream(http_body_util::StreamBody::new(frames))
}

/// Whoever makes a body may be hostile, and the other side takes what was not announced for a violation.
pub(super) fn longer_than_announced() -> BodyError {
    BodyError::Aborted { reason: "the body is longer than was announced".to_owned() }
}

/// Makes the body of what has begun to come: whole if all of it is there.
pub(super) fn body_of(shared: &Arc<Shared>, exchange: u64, start: &BodyStart) -> LinkBody {
    if start.ended {
        LinkBody::whole(start.inline.clone())
    } else {
        LinkBody::stream(shared.clone(), exchange, start.length)
    }
}

/// Spreads the numbers of exchanges. They are consecutive, so nobody can choose ones that collide.
#[derive(Default)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 ^= self.0 >> 32;
    }
}
