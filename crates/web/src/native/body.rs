//! Natives of bodies: reading those that came in, writing those that JavaScript makes.

use std::rc::Rc;

use mote_engine::v8;
use mote_wire::http::{Body, BodyError};

use super::{
    args::{id_arg, kept_bytes, string_arg, throw_range_error, throw_type_error},
    natives,
};
use crate::{
    body::{Encoding, NativeBody, pipe},
    context::RequestContext,
    op::{self, Failed, Value},
    state::State,
};

natives! {
    bodyRead => body_read,
    bodyReadAll => body_read_all,
    bodyCancel => body_cancel,
    pipeNew => pipe_new,
    pipeWrite => pipe_write,
    pipeClose => pipe_close,
    pipeAbort => pipe_abort,
    pipeGone => pipe_gone,
}

/// The longest reason for which a body breaks off.
const REASON_BYTES_MAX: usize = 4 << 10;

const FOREIGN: &str = "Cannot perform I/O on behalf of a different request: a body, stream or socket can be used only \
                       in the handler of the request that it was created for.";

/// Gives a body a number in its context; 0 for a body that is empty for certain.
pub(crate) fn admit_body(
    state: &Rc<State>,
    context: &Rc<RequestContext>,
    body: Body,
    encoding: Option<Encoding>,
) -> u32 {
    if http_body::Body::is_end_stream(&body) {
        return 0;
    }
    let id = state.new_id();
    context.bodies.borrow_mut().insert(id, NativeBody::new(body, encoding));
    id
}

/// Takes a body out of its context, to be passed on.
pub(super) fn take_body(context: &Rc<RequestContext>, id: u32) -> Option<NativeBody> {
    context.bodies.borrow_mut().remove(&id)
}

/// The state and the context that the running code belongs to; throws outside of events.
pub(super) fn here(scope: &mut v8::PinScope<'_, '_>) -> Option<(Rc<State>, Rc<RequestContext>)> {
    let state = State::of(scope)?;
    let context = state.current(scope);
    if context.is_none() {
        throw_type_error(
            scope,
            "Disallowed operation called within global scope: asynchronous I/O (fetch, timers, reading bodies) can be \
             done only while an event is handled. Move it into a handler.",
        );
    }
    Some((state, context?))
}

fn body_read<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    let coder = state.coder(&context);
    let read = context.bodies.borrow_mut().get_mut(&id_arg(&args, 0)).map(|body| body.read(&coder));
    let Some(read) = read else {
        throw_type_error(scope, FOREIGN);
        return;
    };
    let future = async move { Ok(read.await?.map_or(Value::Undefined, Value::Bytes)) };
    if let Some((promise, _)) = op::start(scope, &state, &context, future) {
        rv.set(promise.into());
    }
}

fn body_read_all<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    let as_text = args.get(1).is_true();
    let coder = state.coder(&context);
    let read = context.bodies.borrow_mut().get_mut(&id_arg(&args, 0)).map(|body| body.read_all(&coder));
    let Some(read) = read else {
        throw_type_error(scope, FOREIGN);
        return;
    };
    let future = async move {
        let bytes = read.await?;
        if !as_text {
            return Ok(Value::Bytes(bytes));
        }
        let start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Ok::<_, Failed>(Value::Utf8(bytes.slice(start..)))
    };
    if let Some((promise, _)) = op::start(scope, &state, &context, future) {
        rv.set(promise.into());
    }
}

fn body_cancel<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let Some((_, context)) = here(scope) else { return };
    // Dropped outside of the borrow: a body's drop may close a connection.
    let body = take_body(&context, id_arg(&args, 0));
    drop(body);
}

/// `pipeNew(length | undefined) -> id`: a body that JavaScript writes, and that will have `length` bytes if that is given.
fn pipe_new<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    let id = state.new_id();
    let length = args.get(0).integer_value(scope).filter(|_| args.get(0).is_number());
    let length = length.and_then(|length| u64::try_from(length).ok());
    let Some((writer, body)) = pipe(&state.memory, length) else {
        throw_range_error(scope, "The worker's memory limit leaves no room for another stream.");
        return;
    };
    context.pipes.borrow_mut().insert(id, writer);
    context.bodies.borrow_mut().insert(id, body);
    rv.set_uint32(id);
}

fn pipe_write<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    let sender = context.pipes.borrow().get(&id_arg(&args, 0)).map(|pipe| pipe.sender.clone());
    let Some(sender) = sender else {
        throw_type_error(scope, "the reader of this body has left");
        return;
    };
    let chunk = args.get(1);
    let Some(bytes) = kept_bytes(scope, chunk, "a body is made of bytes: write Uint8Array chunks") else {
        return;
    };
    match sender.try_send(Ok(http_body::Frame::data(bytes))) {
        Ok(()) => {}
        Err(tokio::sync::mpsc::error::TrySendError::Closed(_)) => {
            throw_type_error(scope, "the reader of this body has left");
        }
        Err(tokio::sync::mpsc::error::TrySendError::Full(frame)) => {
            let future = async move {
                let sent = sender.send(frame).await;
                sent.map(|()| Value::Undefined)
                    .map_err(|_| Failed("the reader of this body has left".to_owned()))
            };
            if let Some((promise, _)) = op::start(scope, &state, &context, future) {
                rv.set(promise.into());
            }
        }
    }
}

fn pipe_close<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    let pipe = context.pipes.borrow_mut().remove(&id_arg(&args, 0));
    if let Some(pipe) = pipe {
        pipe.close();
    }
    state.touch(context.id);
}

fn pipe_abort<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    _rv: v8::ReturnValue<'_>,
) {
    let Some((_, context)) = here(scope) else { return };
    let Some(mut reason) = string_arg(scope, &args, 1) else { return };
    // It waits for the reader, who may never come, and is counted nowhere.
    reason.truncate(reason.floor_char_boundary(REASON_BYTES_MAX));
    reason.shrink_to_fit();
    let pipe = context.pipes.borrow_mut().remove(&id_arg(&args, 0));
    if let Some(pipe) = pipe {
        // The reader must see the error also when the pipe is full right now.
        tokio::task::spawn_local(async move {
            let _ = pipe.sender.send(Err(BodyError::Aborted { reason })).await;
            // One error is enough.
            pipe.close();
        });
    }
}

/// `pipeGone(id) -> Promise<undefined>`: settles when the reader has left, or never.
fn pipe_gone<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some((state, context)) = here(scope) else { return };
    let id = id_arg(&args, 0);
    let Some(gone) = context.pipes.borrow_mut().get_mut(&id).and_then(|pipe| pipe.gone.take()) else {
        return;
    };
    let owner = Rc::downgrade(&context);
    let runtime = state.runtime.borrow().clone();
    let future = async move {
        // Nothing is ever sent: it ends when the other end is dropped.
        let _ = gone.await;
        let Some(context) = owner.upgrade() else { return Ok(Value::Undefined) };
        if context.response_pipe.get() == id
            && context.pipes.borrow().contains_key(&id)
            && let Some(runtime) = runtime.upgrade()
        {
            runtime.abort_request(context.id);
        }
        let pipe = context.pipes.borrow_mut().remove(&id);
        drop(pipe);
        Ok(Value::Undefined)
    };
    if let Some((promise, _)) = op::start(scope, &state, &context, future) {
        rv.set(promise.into());
    }
}
