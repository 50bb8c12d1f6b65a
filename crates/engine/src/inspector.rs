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
        Channel, ChannelImpl, StringBuffer, StringView, V8Inspector, V8InspectorClient,
        V8InspectorClientImpl, V8InspectorClientTrustLevel, V8InspectorSession,
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

/// What a debugger can be attached to. It must exist before code is loaded: V8 shows a debugger only the scripts that were
/// compiled under it.
pub(crate) struct Inspector {
    /// The attached debugger's session.
    session: Option<Rc<V8InspectorSession>>,
    // Dropped after the session, which points at it.
    inspector: V8Inspector,
    pause: Rc<Pause>,
}

impl Inspector {
    pub(crate) fn new(isolate: &mut v8::OwnedIsolate, context: &v8::Global<v8::Context>, name: &str) -> Self {
        let pause = Rc::new(Pause {
            frontend: RefCell::default(),
            session: RefCell::default(),
            paused: Cell::new(false),
            context: context.clone(),
            // SAFETY: the isolate owns this inspector and drops it before itself.
            isolate: unsafe { isolate.as_raw_isolate_ptr() },
        });
        let client = V8InspectorClient::new(Box::new(Client(pause.clone())));
        let inspector = V8Inspector::create(isolate, client);
        v8::scope!(let scope, isolate);
        let context = v8::Local::new(scope, context);
        let auxiliary = br#"{"isDefault":true}"#;
        inspector.context_created(
            context,
            GROUP,
            StringView::from(name.as_bytes()),
            StringView::from(&auxiliary[..]),
        );
        Self { session: None, inspector, pause }
    }

    /// Attaches a debugger, in place of one that is attached.
    pub(crate) fn attach(&mut self, frontend: Rc<dyn Frontend>) {
        self.detach();
        let channel = Channel::new(Box::new(ToFrontend(frontend.clone())));
        let trust = V8InspectorClientTrustLevel::FullyTrusted;
        let session = Rc::new(self.inspector.connect(GROUP, channel, StringView::empty(), trust));
        *self.pause.frontend.borrow_mut() = Some(frontend);
        *self.pause.session.borrow_mut() = Rc::downgrade(&session);
        self.session = Some(session);
    }

    /// Lets the debugger go.
    pub(crate) fn detach(&mut self) {
        self.session.take();
        self.pause.frontend.borrow_mut().take();
    }

    /// Whether this debugger is the attached one.
    pub(crate) fn is_attached(&self, frontend: &Rc<dyn Frontend>) -> bool {
        self.pause.frontend.borrow().as_ref().is_some_and(|attached| Rc::ptr_eq(attached, frontend))
    }

    /// Takes one message of the debugger's; the isolate must be entered.
    pub(crate) fn dispatch(&self, message: &str) {
        if let Some(session) = &self.session {
            dispatch(session, message);
        }
    }
}

impl fmt::Debug for Inspector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Inspector").field("attached", &self.session.is_some()).finish_non_exhaustive()
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
    frontend: RefCell<Option<Rc<dyn Frontend>>>,
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
            let frontend = self.0.frontend.borrow().clone();
            let message = frontend.and_then(|frontend| frontend.wait());
            let (Some(session), Some(message)) = (session, message) else {
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
