//! The debugger's door: one Chrome DevTools Protocol session on an isolate.
//!
//! Messages are the protocol's JSON, in both directions. While the code is paused at a breakpoint the isolate's thread
//! stays inside the turn, and takes messages from [`Frontend::wait`]; else they come in turns of their own.

use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::{Rc, Weak},
};

use crate::v8::{
    self,
    inspector::{
        Channel, ChannelImpl, StringBuffer, StringView, V8Inspector, V8InspectorClient, V8InspectorClientImpl,
        V8InspectorClientTrustLevel, V8InspectorSession,
    },
};

/// All contexts are in one group: an isolate has one context.
const GROUP: i32 = 1;

/// The other end of a session.
pub trait Frontend {
    /// Sends a message to the debugger.
    fn send(&self, message: String);
    /// Blocks until the debugger sends a message; `None` when it has left.
    fn wait(&self) -> Option<String>;
}

/// An attached debugger.
pub(crate) struct Inspector {
    session: Rc<V8InspectorSession>,
    // Dropped after the session, which points at it.
    inspector: Rc<V8Inspector>,
}

impl Inspector {
    pub(crate) fn attach(
        isolate: &mut v8::OwnedIsolate,
        context: &v8::Global<v8::Context>,
        frontend: Rc<dyn Frontend>,
        name: &str,
    ) -> Self {
        let pause = Rc::new(Pause {
            frontend: frontend.clone(),
            session: RefCell::default(),
            paused: Cell::new(false),
            context: context.clone(),
            // SAFETY: the isolate owns this inspector and drops it before itself.
            isolate: unsafe { isolate.as_raw_isolate_ptr() },
        });
        let client = V8InspectorClient::new(Box::new(Client(pause.clone())));
        let inspector = Rc::new(V8Inspector::create(isolate, client));
        {
            v8::scope!(let scope, isolate);
            let context = v8::Local::new(scope, context);
            let auxiliary = br#"{"isDefault":true}"#;
            inspector.context_created(context, GROUP, StringView::from(name.as_bytes()), StringView::from(&auxiliary[..]));
        }
        let channel = Channel::new(Box::new(ToFrontend(frontend)));
        let trust = V8InspectorClientTrustLevel::FullyTrusted;
        let session = Rc::new(inspector.connect(GROUP, channel, StringView::empty(), trust));
        *pause.session.borrow_mut() = Rc::downgrade(&session);
        Self { session, inspector }
    }

    /// Takes one message of the debugger's; the isolate must be entered.
    pub(crate) fn dispatch(&self, message: &str) {
        dispatch(&self.session, message);
    }
}

impl fmt::Debug for Inspector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = &self.inspector;
        formatter.debug_struct("Inspector").finish_non_exhaustive()
    }
}

fn dispatch(session: &V8InspectorSession, message: &str) {
    if message.is_ascii() {
        session.dispatch_protocol_message(StringView::from(message.as_bytes()));
    } else {
        let wide: Vec<u16> = message.encode_utf16().collect();
        session.dispatch_protocol_message(StringView::from(wide.as_slice()));
    }
}

/// What is needed while the code is paused.
struct Pause {
    frontend: Rc<dyn Frontend>,
    session: RefCell<Weak<V8InspectorSession>>,
    paused: Cell<bool>,
    context: v8::Global<v8::Context>,
    isolate: v8::UnsafeRawIsolatePtr,
}

struct Client(Rc<Pause>);

impl V8InspectorClientImpl for Client {
    fn run_message_loop_on_pause(&self, _group: i32) {
        self.0.paused.set(true);
        while self.0.paused.get() {
            let session = self.0.session.borrow().upgrade();
            let (Some(session), Some(message)) = (session, self.0.frontend.wait()) else {
                // The debugger has left in the middle of a pause: go on as if it had never been there.
                if let Some(session) = self.0.session.borrow().upgrade() {
                    dispatch(&session, r#"{"id":0,"method":"Debugger.disable"}"#);
                }
                return;
            };
            dispatch(&session, &message);
        }
    }

    fn quit_message_loop_on_pause(&self) {
        self.0.paused.set(false);
    }

    fn ensure_default_context_in_group(&self, _group: i32) -> Option<v8::Local<'_, v8::Context>> {
        // SAFETY: V8 asks while it dispatches a message, so the isolate is alive and entered on this thread.
        let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(self.0.isolate) };
        v8::callback_scope!(unsafe scope, &mut isolate);
        let context = v8::Local::new(scope, &self.0.context);
        // SAFETY: the handle is made in the scope that the caller has open, and V8 uses it before that closes.
        Some(unsafe { context.extend_lifetime_unchecked() })
    }
}

struct ToFrontend(Rc<dyn Frontend>);

impl ToFrontend {
    fn send(&self, message: &v8::UniquePtr<StringBuffer>) {
        if let Some(buffer) = message.as_ref() {
            self.0.send(buffer.string().to_string());
        }
    }
}

impl ChannelImpl for ToFrontend {
    fn send_response(&self, _call_id: i32, message: v8::UniquePtr<StringBuffer>) {
        self.send(&message);
    }

    fn send_notification(&self, message: v8::UniquePtr<StringBuffer>) {
        self.send(&message);
    }

    fn flush_protocol_notifications(&self) {}
}
