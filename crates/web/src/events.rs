//! Events of a runtime: how each is given to the worker, and its answer awaited.

use std::{cell::Cell, rc::Rc, sync::Arc};

use http::HeaderValue;
use mote_engine::{JsError, v8};
use mote_wire::{
    http::{Body, Upgraded},
    link::Callee,
};

use crate::{
    context::{Answer, Failure, RequestContext},
    lifecycle::Waiting,
    native::{WebSocketAsked, args::new_string},
    runtime::Runtime,
    usage::EventUsage,
};

/// A call of one of a worker's entrypoints, over HTTP or as a session of remote calls.
pub struct Call<'a> {
    /// What is asked, with its whole URL beside it.
    pub request: http::Request<Body>,
    /// The URL.
    pub url: &'a str,
    /// What is known of the client's connection, as [`mote_wire::link::CF`] says it.
    pub cf: Option<HeaderValue>,
    /// The caller's connection, if it wants to leave HTTP.
    pub upgrade: Option<Upgraded>,
    /// Which entrypoint is called.
    pub callee: &'a Callee,
    /// What kind of event it is.
    pub kind: CallKind,
}

/// What kind of event a [`Call`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// A fetch event.
    Fetch,
    /// A session of remote calls.
    Rpc,
}

impl Runtime {
    /// Serves a fetch event or a session of calls. Dropping the future means that the client has left. `usage` counts what
    /// the event uses.
    ///
    /// # Errors
    /// When the worker gives no response.
    pub async fn serve(
        self: &Rc<Self>,
        call: Call<'_>,
        usage: Arc<EventUsage>,
    ) -> Result<http::Response<Body>, Failure> {
        let Call { request, url, cf, upgrade, callee, kind } = call;
        let (parts, body) = request.into_parts();
        let context = RequestContext::new(self.state.new_id(), parts.headers, usage);
        *context.cf.borrow_mut() = cf;
        if let Some(upgrade) = upgrade {
            *context.websocket.borrow_mut() = WebSocketAsked::by(&context.headers.borrow());
            *context.upgrade.borrow_mut() = Some(upgrade);
        }
        let body_id = crate::native::admit_body(&self.state, &context, body, None);
        self.begin(&context, |scope| {
            let id = v8::Integer::new_from_unsigned(scope, context.id);
            let (entrypoint, props) = callee_args(scope, callee)?;
            if kind == CallKind::Rpc {
                let arguments = [id.into(), entrypoint, props];
                return self.call(scope, |hooks| &hooks.dispatch_rpc, &arguments).map(|_| ());
            }
            let method = method_name(scope, &parts.method)?;
            let url = new_string(scope, url)?;
            let body = v8::Integer::new_from_unsigned(scope, body_id);
            let arguments = [id.into(), method.into(), url.into(), body.into(), entrypoint, props];
            self.call(scope, |hooks| &hooks.dispatch_fetch, &arguments).map(|_| ())
        });
        match self.answer_of(context).await {
            Answer::Response(response) => Ok(response),
            Answer::Done => Err(Failure::NoHandler("fetch")),
            Answer::Failed(failure) => Err(failure),
        }
    }

    /// Runs a scheduled event; returns when the handler and its `waitUntil` work are done.
    ///
    /// # Errors
    /// When the handler fails.
    pub async fn scheduled(
        self: &Rc<Self>,
        cron: &str,
        scheduled_time_ms: f64,
        usage: Arc<EventUsage>,
    ) -> Result<(), Failure> {
        let context = RequestContext::new(self.state.new_id(), http::HeaderMap::new(), usage);
        self.begin(&context, |scope| {
            let id = v8::Integer::new_from_unsigned(scope, context.id);
            let cron = new_string(scope, cron)?;
            let time = v8::Number::new(scope, scheduled_time_ms);
            self.call(scope, |hooks| &hooks.dispatch_scheduled, &[id.into(), cron.into(), time.into()])
                .map(|_| ())
        });
        match self.answer_of(context).await {
            Answer::Response(_) | Answer::Done => Ok(()),
            Answer::Failed(failure) => Err(failure),
        }
    }

    fn begin(
        &self,
        context: &Rc<RequestContext>,
        dispatch: impl FnOnce(&mut v8::PinScope<'_, '_>) -> Option<()>,
    ) {
        self.state.contexts.borrow_mut().insert(context.id, context.clone());
        self.watch_deadlines();
        self.turn(context.id, |scope| {
            v8::tc_scope!(let scope, scope);
            // A termination is no exception: the turn reports it.
            if dispatch(scope).is_none()
                && !scope.has_terminated()
                && let Some(exception) = scope.exception()
            {
                let error = JsError::from_value_openly(scope, exception);
                context.answer(Answer::Failed(Failure::Exception(error)));
            }
        });
    }

    async fn answer_of(self: &Rc<Self>, context: Rc<RequestContext>) -> Answer {
        let waiting = Waiting { runtime: self, context: &context, answered: Cell::new(false) };
        loop {
            if let Some(answer) = context.take_answer() {
                waiting.answered.set(true);
                self.make_code_cache();
                return answer;
            }
            context.notify.notified().await;
        }
    }
}

/// The name of an entrypoint and what its binding says to it, each undefined if there is none.
fn callee_args<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    callee: &Callee,
) -> Option<(v8::Local<'s, v8::Value>, v8::Local<'s, v8::Value>)> {
    let nothing = v8::undefined(scope).into();
    let entrypoint = match &callee.entrypoint {
        Some(name) => new_string(scope, name)?.into(),
        None => nothing,
    };
    if callee.props.is_null() {
        return Some((entrypoint, nothing));
    }
    let json = new_string(scope, &callee.props.to_string())?;
    Some((entrypoint, v8::json::parse(scope, json)?))
}

fn method_name<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    method: &http::Method,
) -> Option<v8::Local<'s, v8::String>> {
    v8::String::new_from_one_byte(scope, method.as_str().as_bytes(), v8::NewStringType::Internalized)
}
