//! Moves a link's bytes, and gives each frame to whom it concerns.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use super::{
    Answer, Ended, Receiver, Reply, Request, RequestError, Side, Violation, WINDOW_BYTES,
    body::{LinkBody, Pump},
    frame::{self, BodyStart, Frame, RequestHead, ResponseHead},
    state::{Exchange, Shared, State, body_of},
};
use crate::http::BodyError;

/// Room for one read.
const READ_BYTES: usize = 64 << 10;
/// How often one poll goes round before others get their turn.
const ROUNDS_MAX: usize = 8;
/// How many requests one poll gives away: each may be a turn of somebody's code, and others wait.
const REQUESTS_MAX: usize = 64;
/// Bytes that wait to leave, past which a cell is taken not to read at all. Who sends heads waits for room long before that. The host is
/// trusted to read.
const OUT_BYTES_MAX: usize = 64 << 20;
/// A buffer that grew larger than this is given back.
const KEPT_BYTES_MAX: usize = 2 << 20;

/// Moves a link's bytes: whoever made the link runs it.
pub struct Driver {
    shared: Arc<Shared>,
}

impl Driver {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Reads and writes until the link ends.
    pub async fn run(self, socket: impl AsyncRead + AsyncWrite + Unpin, receiver: impl Receiver) -> Ended {
        let mut running = Running {
            shared: self.shared.clone(),
            socket,
            receiver,
            pumps: FuturesUnordered::new(),
            input: BytesMut::new(),
            requests: VecDeque::new(),
            output: BytesMut::new(),
        };
        poll_fn(|task| running.poll(task)).await
    }
}

impl Drop for Driver {
    /// Also when it never ran, or was dropped while it ran: nobody waits for a link that does not move.
    fn drop(&mut self) {
        self.shared.close();
    }
}

struct Running<S, R> {
    shared: Arc<Shared>,
    socket: S,
    receiver: R,
    pumps: FuturesUnordered<Pump>,
    input: BytesMut,
    /// Requests that have come and that nobody was given so far.
    requests: VecDeque<(Request, Reply)>,
    output: BytesMut,
}

/// What a frame leads to, when the lock is free again.
enum Effect {
    Nothing,
    /// To be dropped.
    Gone(Option<Exchange>),
    /// The same for many.
    AllGone(Vec<Exchange>),
    /// Somebody has waited for this.
    Answer(tokio::sync::oneshot::Sender<Answer>, Answer, Option<Exchange>),
}

impl<S: AsyncRead + AsyncWrite + Unpin, R: Receiver> Running<S, R> {
    fn poll(&mut self, task: &mut Context<'_>) -> Poll<Ended> {
        let mut is_behind = true;
        for _ in 0..ROUNDS_MAX {
            if let Err(ended) = self.send(task) {
                return Poll::Ready(ended);
            }
            match self.read(task) {
                Ok(Progress::Made) => {}
                Ok(Progress::None) => {
                    is_behind = false;
                    break;
                }
                Err(ended) => return Poll::Ready(ended),
            }
        }
        // Only now: whoever has given his request up meanwhile has said so by what was read.
        for _ in 0..REQUESTS_MAX {
            let Some((request, reply)) = self.requests.pop_front() else { break };
            self.receiver.request(request, reply);
        }
        // Most are answered by now.
        if let Err(ended) = self.send(task) {
            return Poll::Ready(ended);
        }
        if is_behind || !self.requests.is_empty() {
            task.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Sends what others have left here, and what there is of bodies.
    fn send(&mut self, task: &mut Context<'_>) -> Result<(), Ended> {
        if self.take_orders(task) {
            return Err(Ended::Closed);
        }
        while let Poll::Ready(Some(())) = self.pumps.poll_next_unpin(task) {}
        self.write(task)
    }

    /// Takes new bodies over; true if the link was closed.
    fn take_orders(&mut self, task: &Context<'_>) -> bool {
        let mut state = self.shared.lock();
        if !state.driver.as_ref().is_some_and(|driver| driver.will_wake(task.waker())) {
            state.driver = Some(task.waker().clone());
        }
        self.pumps.extend(state.pumps.drain(..));
        state.closed
    }

    fn write(&mut self, task: &mut Context<'_>) -> Result<(), Ended> {
        loop {
            if self.output.is_empty() && !self.refill() {
                return Ok(());
            }
            match Pin::new(&mut self.socket).poll_write(task, &self.output) {
                Poll::Ready(Ok(0)) => return Err(Ended::Closed),
                Poll::Ready(Ok(written)) => self.output.advance(written),
                Poll::Ready(Err(error)) => return Err(Ended::Io(error)),
                Poll::Pending => break,
            }
        }
        let bytes = self.output.len() + self.shared.lock().out.len();
        if bytes > OUT_BYTES_MAX && self.shared.options.side == Side::Host {
            return Err(Ended::Violation(Violation::ReadsNothing { bytes }));
        }
        Ok(())
    }

    /// Takes what is to leave; false if there is nothing.
    fn refill(&mut self) -> bool {
        self.output.clear();
        if self.output.capacity() > KEPT_BYTES_MAX {
            self.output = BytesMut::new();
        }
        let mut state = self.shared.lock();
        std::mem::swap(&mut self.output, &mut state.out);
        state.refills += 1;
        for waker in std::mem::take(&mut state.waiting_for_space) {
            waker.wake();
        }
        !self.output.is_empty()
    }

    fn read(&mut self, task: &mut Context<'_>) -> Result<Progress, Ended> {
        if self.input.capacity() - self.input.len() < READ_BYTES / 4 {
            self.input.reserve(READ_BYTES);
        }
        let read = pin!(self.socket.read_buf(&mut self.input)).poll(task);
        match read {
            Poll::Pending => return Ok(Progress::None),
            Poll::Ready(Ok(0)) if self.input.is_empty() => return Err(Ended::Closed),
            Poll::Ready(Ok(0)) => return Err(Ended::Io(io::ErrorKind::UnexpectedEof.into())),
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(error)) => return Err(Ended::Io(error)),
        }
        while let Some((exchange, frame)) = frame::take(&mut self.input).map_err(Ended::Violation)? {
            if let Frame::Request(head, body) = frame {
                let taken = take_request(&self.shared, exchange, head, &body).map_err(Ended::Violation)?;
                self.requests.extend(taken);
                continue;
            }
            let effect = take(&self.shared, exchange, frame).map_err(Ended::Violation)?;
            carry_out(effect);
        }
        self.shared.lock().unfinished_bytes = self.input.len();
        Ok(Progress::Made)
    }
}

fn carry_out(effect: Effect) {
    match effect {
        Effect::Nothing => {}
        Effect::Gone(exchange) => drop(exchange),
        Effect::AllGone(exchanges) => drop(exchanges),
        Effect::Answer(waiting, answer, gone) => {
            // One that nobody waits for is dropped, and so given up.
            drop(waiting.send(answer));
            drop(gone);
        }
    }
}

enum Progress {
    Made,
    None,
}

/// Takes one frame that is no request.
fn take(shared: &Arc<Shared>, exchange: u64, frame: Frame) -> Result<Effect, Violation> {
    let mut state = shared.lock();
    state.heard += 1;
    let own = State::is_own(shared.options.side, exchange);
    let next = if own { state.next_own } else { state.next_others };
    if super::state::index_of(exchange) >= next {
        return Err(Violation::WrongExchange { exchange, next });
    }
    // One that is over on this side: the other did not know yet.
    let Some(entry) = state.exchanges.get_mut(&exchange) else { return Ok(Effect::Nothing) };
    let out_of_turn = |what| Err(Violation::OutOfTurn { exchange, what });
    match frame {
        Frame::Response(..) | Frame::Fail(_) if !own || entry.answered => out_of_turn("an answer"),
        Frame::Response(head, body) => take_response(shared, &mut state, exchange, head, &body),
        Frame::Fail(failure) => {
            let waiting = entry.answer.take();
            let gone = state.remove(shared.options.side, exchange);
            Ok(match waiting {
                Some(waiting) => Effect::Answer(waiting, Err(RequestError::Failed(failure)), gone),
                None => Effect::Gone(gone),
            })
        }
        Frame::Data(_) | Frame::End | Frame::Broken(_) if own && !entry.answered => {
            out_of_turn("a body before its head")
        }
        Frame::Data(data) => take_data(shared, &mut state, exchange, data),
        Frame::End | Frame::Broken(_) => {
            if entry.inbound.end.is_none() {
                entry.inbound.end = Some(end_of(frame, entry));
                wake_reader(entry);
            }
            Ok(Effect::Gone(state.remove_if_over(shared.options.side, exchange)))
        }
        Frame::Credit(bytes) => {
            let credit = entry.outbound.credit.saturating_add(bytes);
            if credit > WINDOW_BYTES {
                return Err(Violation::TooMuch { exchange, bytes: bytes.into() });
            }
            entry.outbound.credit = credit;
            wake_writer(entry);
            Ok(Effect::Nothing)
        }
        Frame::Stop => {
            entry.outbound.ended = true;
            wake_writer(entry);
            Ok(Effect::Gone(state.remove_if_over(shared.options.side, exchange)))
        }
        Frame::Cancel => Ok(Effect::Gone(state.remove(shared.options.side, exchange))),
        Frame::Request(..) => out_of_turn("a request"),
    }
}

/// Takes a request; `None` if there is no room for it.
fn take_request(
    shared: &Arc<Shared>,
    exchange: u64,
    head: RequestHead,
    body: &BodyStart,
) -> Result<Option<(Request, Reply)>, Violation> {
    let mut state = shared.lock();
    state.heard += 1;
    let next = state.next_others;
    if State::is_own(shared.options.side, exchange) || super::state::index_of(exchange) != next {
        return Err(Violation::WrongExchange { exchange, next });
    }
    if head.upgrade && (body.ended || !body.inline.is_empty() || body.length.is_some()) {
        return Err(Violation::OutOfTurn { exchange, what: "a body where a stream of bytes is asked for" });
    }
    let streams_max = shared.options.streams_max;
    if state.others >= streams_max {
        return Err(Violation::TooManyExchanges { streams_max });
    }
    state.next_others += 1;
    if state.held_bytes > shared.options.held_bytes_max {
        // Each has a head of its own; with many of them it is all that there is to hold.
        frame::put_fail(&mut state.out, exchange, b"");
        return Ok(None);
    }
    state.accept(exchange, &head, body);
    let body = if head.upgrade {
        // Who answers with 101 takes the stream.
        if let Some(entry) = state.exchanges.get_mut(&exchange) {
            entry.inbound.held = false;
        }
        crate::http::empty()
    } else {
        body_of(shared, exchange, body).into_body()
    };
    let RequestHead { worker, kind, upgrade, method, url, target, headers } = head;
    let request = Request { worker, kind, method, url, headers, body, upgrade, target };
    Ok(Some((request, Reply::new(shared.clone(), exchange))))
}

fn take_response(
    shared: &Arc<Shared>,
    state: &mut State,
    exchange: u64,
    head: ResponseHead,
    body: &BodyStart,
) -> Result<Effect, Violation> {
    let reads = state.reads;
    let Some(entry) = state.exchanges.get_mut(&exchange) else { return Ok(Effect::Nothing) };
    let switching = head.status == http::StatusCode::SWITCHING_PROTOCOLS;
    if switching && (!entry.upgrade || body.ended || body.length.is_some() || !body.inline.is_empty()) {
        return Err(Violation::OutOfTurn { exchange, what: "a switch of protocols" });
    }
    entry.answered = true;
    if entry.upgrade && !switching {
        entry.outbound.ended = true;
    }
    let head_bytes = frame::head_bytes(&head.headers, &[]);
    let held_bytes = entry.inbound.begin(body, head_bytes, reads);
    let waiting = entry.answer.take();
    state.held_bytes += held_bytes;
    let gone = state.remove_if_over(shared.options.side, exchange);
    let body: LinkBody = body_of(shared, exchange, body);
    Ok(match waiting {
        Some(waiting) => Effect::Answer(waiting, Ok((head, body)), gone),
        None => Effect::Gone(gone),
    })
}

fn take_data(
    shared: &Arc<Shared>,
    state: &mut State,
    exchange: u64,
    data: Bytes,
) -> Result<Effect, Violation> {
    let Some(entry) = state.exchanges.get_mut(&exchange) else { return Ok(Effect::Nothing) };
    let inbound = &mut entry.inbound;
    // Nobody wants it, and the other side did not know yet.
    if inbound.end.is_some() {
        return Ok(Effect::Nothing);
    }
    let bytes = data.len() as u64;
    let window = inbound.window.checked_sub(u32::try_from(data.len()).unwrap_or(u32::MAX));
    let announced = inbound.announced.map(|left| left.checked_sub(bytes));
    let (Some(window), None | Some(Some(_))) = (window, announced) else {
        return Err(Violation::TooMuch { exchange, bytes });
    };
    inbound.window = window;
    inbound.announced = announced.flatten();
    if data.is_empty() {
        return Ok(Effect::Nothing);
    }
    let mut gone = Vec::new();
    if !state.push(exchange, &data, shared.options.held_bytes_max) {
        // Much at once, so that not each piece looks for more.
        let wanted = data.len() + shared.options.held_bytes_max / 16;
        for left in state.left_longest(wanted) {
            gone.extend(break_off(shared, state, left));
        }
        // It may have been one of those.
        let goes_on = state.exchanges.get(&exchange).is_some_and(|entry| entry.inbound.end.is_none());
        if goes_on && !state.push(exchange, &data, shared.options.held_bytes_max) {
            gone.extend(break_off(shared, state, exchange));
        }
    }
    if let Some(entry) = state.exchanges.get_mut(&exchange) {
        wake_reader(entry);
    }
    Ok(if gone.is_empty() { Effect::Nothing } else { Effect::AllGone(gone) })
}

/// There is no room for what comes of a body: whoever reads it learns that it is broken, and the other side that it may stop.
fn break_off(shared: &Arc<Shared>, state: &mut State, exchange: u64) -> Option<Exchange> {
    let side = shared.options.side;
    if State::is_own(side, exchange) {
        frame::put_cancel(&mut state.out, exchange);
        return state.remove(side, exchange);
    }
    state.forget(exchange);
    frame::put_stop(&mut state.out, exchange);
    let entry = state.exchanges.get_mut(&exchange)?;
    let reason = "too much of what came over the link was not read".to_owned();
    entry.inbound.end = Some(Err(BodyError::Lost { reason }));
    wake_reader(entry);
    state.remove_if_over(side, exchange)
}

fn end_of(frame: Frame, entry: &Exchange) -> Result<(), BodyError> {
    match (frame, entry.inbound.announced) {
        (Frame::Broken(error), _) => Err(error),
        (_, None | Some(0)) => Ok(()),
        (_, Some(left)) => Err(BodyError::Lost { reason: format!("it ended {left} bytes before its end") }),
    }
}

fn wake_reader(entry: &mut Exchange) {
    if let Some(waker) = entry.inbound.waker.take() {
        waker.wake();
    }
}

fn wake_writer(entry: &mut Exchange) {
    if let Some(waker) = entry.outbound.waker.take() {
        waker.wake();
    }
}
