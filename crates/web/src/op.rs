//! Asynchronous natives: a future of this thread that settles a promise of the isolate.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    rc::Rc,
};

use bytes::Bytes;
use mote_engine::{meter::Stretch, v8};

use crate::{
    context::RequestContext,
    native::args::{headers_list, new_string, new_uint8_array},
    state::State,
    usage::EventUsage,
};

/// What an operation gives, to be made a JavaScript value in the turn that settles its promise.
pub(crate) enum Value {
    Undefined,
    Number(u32),
    Text(String),
    Bytes(Bytes),
    /// Bytes to be read as UTF-8, whatever they are.
    Utf8(Bytes),
    Headers(http::HeaderMap),
    List(Vec<Value>),
    Bool(bool),
}

impl Value {
    fn make<'s>(self, scope: &mut v8::PinScope<'s, '_>) -> Option<v8::Local<'s, v8::Value>> {
        Some(match self {
            Self::Undefined => v8::undefined(scope).into(),
            Self::Number(number) => v8::Integer::new_from_unsigned(scope, number).into(),
            Self::Text(text) => new_string(scope, &text)?.into(),
            Self::Bytes(bytes) => new_uint8_array(scope, bytes.into())?.into(),
            Self::Utf8(bytes) => v8::String::new_from_utf8(scope, &bytes, v8::NewStringType::Normal)?.into(),
            Self::Headers(headers) => headers_list(scope, &headers)?.into(),
            Self::Bool(value) => v8::Boolean::new(scope, value).into(),
            Self::List(values) => {
                let mut elements = Vec::with_capacity(values.len());
                for value in values {
                    elements.push(value.make(scope)?);
                }
                v8::Array::new_with_elements(scope, &elements).into()
            }
        })
    }
}

/// Why an operation failed: it becomes a `TypeError` with this text, as network errors are in `fetch`.
#[derive(Debug)]
pub(crate) struct Failed(pub(crate) String);

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Starts an operation of `context`; its promise settles in a turn of its own. Gives the promise and the operation's id.
pub(crate) fn start<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &Rc<State>,
    context: &Rc<RequestContext>,
    future: impl Future<Output = Result<Value, Failed>> + 'static,
) -> Option<(v8::Local<'s, v8::Promise>, u32)> {
    let resolver = v8::PromiseResolver::new(scope)?;
    let promise = resolver.get_promise(scope);
    let resolver = v8::Global::new(scope, resolver);
    let id = state.new_id();
    let done = Pending::new(state, context, id);
    let runtime = state.runtime.borrow().clone();
    let context_id = context.id;
    let usage = context.usage.clone();
    let task = tokio::task::spawn_local(async move {
        let result = charged(&usage, future).await;
        drop(done);
        let Some(runtime) = runtime.upgrade() else { return };
        runtime.turn(context_id, |scope| {
            let resolver = v8::Local::new(scope, resolver);
            match result {
                Ok(value) => {
                    v8::tc_scope!(let scope, scope);
                    match value.make(scope) {
                        Some(value) => resolver.resolve(scope, value),
                        None => {
                            reject(scope, resolver, "the result is larger than the worker's memory allows")
                        }
                    }
                }
                Err(Failed(text)) => reject(scope, resolver, &text),
            };
        });
    });
    context.ops.borrow_mut().insert(id, task.abort_handle());
    Some((promise, id))
}

/// What natives compute for an event between its turns is the event's CPU time as well.
pub(crate) async fn charged<T>(usage: &EventUsage, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|task| {
        let stretch = Stretch::begin();
        let polled = future.as_mut().poll(task);
        usage.charge_cpu(stretch.used());
        polled
    })
    .await
}

fn reject<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    resolver: v8::Local<'s, v8::PromiseResolver>,
    text: &str,
) -> Option<bool> {
    let message = v8::String::new(scope, text)?;
    let error = v8::Exception::type_error(scope, message);
    resolver.reject(scope, error)
}

/// Counts an operation as under way while it lives.
pub(crate) struct Pending {
    state: Rc<State>,
    context: Rc<RequestContext>,
    id: u32,
}

impl Pending {
    pub(crate) fn new(state: &Rc<State>, context: &Rc<RequestContext>, id: u32) -> Self {
        state.pending_ops.set(state.pending_ops.get() + 1);
        Self { state: state.clone(), context: context.clone(), id }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.state.pending_ops.set(self.state.pending_ops.get().saturating_sub(1));
        // The context may be ending right now, and then it holds the table itself.
        if let Ok(mut ops) = self.context.ops.try_borrow_mut() {
            ops.remove(&self.id);
        }
    }
}
