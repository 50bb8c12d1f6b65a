//! An event that may have to be sent twice, because the cell that had it was lost before it began.

use std::{
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body::{Body as _, Frame, SizeHint};
use mote_wire::{
    http::{Body, BodyError},
    link::{Head, Kind},
};

/// An event on its way to a worker.
pub struct Event {
    /// What kind of event it is.
    pub kind: Kind,
    /// Its method.
    pub method: Method,
    /// Its whole URL.
    pub url: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Body,
    /// True if it asks to leave HTTP (a WebSocket). A response with 101 then has the stream of bytes in its extensions
    /// ([`mote_wire::http::UpgradeSlot`]).
    pub upgrade: bool,
    /// The entrypoint that it is for ([`mote_wire::link::Callee`]); empty for the default one.
    pub target: String,
    /// Who asked, as far as the host knows. The cell is not told.
    pub client: Option<IpAddr>,
}

/// True if doing it twice is as good as doing it once (RFC 9110, section 9.2.2). A cron trigger is not: its worker counts on it.
fn is_idempotent(event: &Event) -> bool {
    let methods = [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE, Method::PUT, Method::DELETE];
    event.kind == Kind::Fetch && methods.contains(&event.method)
}

/// An event as it is kept until it has an answer.
pub(super) struct Draft {
    /// Its head.
    event: Event,
    body: Offered,
}

/// A body that is there to be sent.
enum Offered {
    /// Once.
    Once(Option<Body>),
    /// As often as need be: there is none.
    Nothing,
    /// As long as nobody has taken anything from it.
    Lent(Arc<Mutex<Option<Body>>>),
}

impl Draft {
    pub(super) fn new(mut event: Event) -> Self {
        let body = std::mem::replace(&mut event.body, mote_wire::http::empty());
        let body = if !is_idempotent(&event) {
            Offered::Once(Some(body))
        } else if body.is_end_stream() {
            Offered::Nothing
        } else {
            Offered::Lent(Arc::new(Mutex::new(Some(body))))
        };
        Self { event, body }
    }

    /// The head of the request to the worker with this number.
    pub(super) fn head(&self, worker: u32) -> Head<'_> {
        let Event { kind, method, url, headers, upgrade, target, .. } = &self.event;
        Head { worker, kind: *kind, method, url, headers, upgrade: *upgrade, target }
    }

    /// Its body; `None` if it cannot be sent (again).
    pub(super) fn body(&mut self) -> Option<Body> {
        match &mut self.body {
            Offered::Once(body) => body.take(),
            Offered::Nothing => Some(mote_wire::http::empty()),
            Offered::Lent(slot) => {
                let body = lock(slot).take()?;
                // A new slot: what the lost link still holds of the old one finds nothing there.
                *slot = Arc::new(Mutex::new(Some(body)));
                Some(Body::stream(Lent { slot: slot.clone(), own: None }))
            }
        }
    }

    /// True if it can be sent again.
    pub(super) fn can_repeat(&self) -> bool {
        match &self.body {
            Offered::Once(body) => body.is_some(),
            Offered::Nothing => true,
            Offered::Lent(slot) => lock(slot).is_some(),
        }
    }
}

/// A body that can be taken back until its first frame has come.
struct Lent {
    slot: Arc<Mutex<Option<Body>>>,
    own: Option<Body>,
}

impl http_body::Body for Lent {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(body) = &mut self.own {
            return Pin::new(body).poll_frame(task);
        }
        let slot = self.slot.clone();
        let mut slot = lock(&slot);
        let Some(body) = slot.as_mut() else {
            let reason = "the event was sent again".to_owned();
            return Poll::Ready(Some(Err(BodyError::Aborted { reason })));
        };
        let polled = Pin::new(body).poll_frame(task);
        if polled.is_ready() {
            self.own = slot.take();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        let of_slot = || lock(&self.slot).as_ref().is_some_and(http_body::Body::is_end_stream);
        self.own.as_ref().map_or_else(of_slot, http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let of_slot = || lock(&self.slot).as_ref().map(http_body::Body::size_hint).unwrap_or_default();
        self.own.as_ref().map_or_else(of_slot, http_body::Body::size_hint)
    }
}

fn lock(slot: &Mutex<Option<Body>>) -> std::sync::MutexGuard<'_, Option<Body>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use http_body_util::{BodyExt, StreamBody};
    use mote_wire::http::{empty, full};

    use super::*;

    fn event(method: Method, body: Body) -> Event {
        let url = "http://w.localhost/".to_owned();
        Event {
            kind: Kind::Fetch,
            method,
            url,
            headers: HeaderMap::new(),
            body,
            upgrade: false,
            target: String::new(),
            client: None,
        }
    }

    #[test]
    fn what_is_not_idempotent_is_never_sent_twice() {
        for method in [Method::POST, Method::PATCH, Method::CONNECT, Method::from_bytes(b"get").unwrap()] {
            let mut draft = Draft::new(event(method, empty()));
            assert!(draft.body().is_some() && !draft.can_repeat() && draft.body().is_none());
        }
        let mut cron = event(Method::GET, empty());
        cron.kind = Kind::Scheduled;
        let mut draft = Draft::new(cron);
        assert!(draft.body().is_some() && draft.body().is_none());
    }

    #[test]
    fn a_get_without_a_body_can_be_sent_again() {
        let mut draft = Draft::new(event(Method::GET, empty()));
        assert!(draft.body().unwrap().is_end_stream() && draft.can_repeat());
        assert!(draft.body().unwrap().is_end_stream());
        assert_eq!(draft.head(2).worker, 2);
    }

    #[tokio::test]
    async fn a_body_of_which_somebody_has_taken_something_is_never_sent_again() {
        let mut draft = Draft::new(event(Method::PUT, full("body")));
        let first = draft.body().unwrap();
        assert_eq!(first.size_hint().exact(), Some(4));
        assert!(draft.can_repeat());
        assert_eq!(first.collect().await.unwrap().to_bytes(), "body");
        assert!(!draft.can_repeat() && draft.body().is_none());
    }

    #[tokio::test]
    async fn a_body_that_was_only_waited_for_goes_to_the_next_cell_and_the_lost_one_gets_nothing_of_it() {
        let (send, receive) = tokio::sync::oneshot::channel::<Bytes>();
        let later = futures_util::stream::once(async move { Ok(Frame::data(receive.await.unwrap())) });
        let mut draft = Draft::new(event(Method::PUT, Body::stream(StreamBody::new(Box::pin(later)))));
        let mut lost = draft.body().unwrap();
        assert!(lost.frame().now_or_never().is_none());
        let second = draft.body().unwrap();
        assert!(matches!(lost.frame().await, Some(Err(BodyError::Aborted { .. }))));
        send.send(Bytes::from_static(b"late")).unwrap();
        assert_eq!(second.collect().await.unwrap().to_bytes(), "late");
    }
}
