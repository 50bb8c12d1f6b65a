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
use http_body_util::BodyExt;
use mote_wire::{
    http::{Body, BodyError},
    link::{Kind, Request},
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
pub(super) enum Draft {
    /// It is sent once.
    Once(Option<Event>),
    /// Its head is kept, and its body as long as nobody has taken anything from it.
    Repeatable { event: Event, slot: Arc<Mutex<Option<Body>>> },
}

impl Draft {
    pub(super) fn new(mut event: Event) -> Self {
        if !is_idempotent(&event) {
            return Self::Once(Some(event));
        }
        let body = std::mem::replace(&mut event.body, mote_wire::http::empty());
        Self::Repeatable { event, slot: Arc::new(Mutex::new(Some(body))) }
    }

    /// The request to the worker with this number; `None` if it cannot be sent (again).
    pub(super) fn request(&mut self, worker: u32) -> Option<Request> {
        match self {
            Self::Once(event) => {
                let Event { kind, method, url, headers, body, upgrade, target, client: _ } = event.take()?;
                Some(Request { worker, kind, method, url, headers, body, upgrade, target })
            }
            Self::Repeatable { event, slot } => {
                let body = lock(slot).take()?;
                let body = if body.is_end_stream() {
                    *lock(slot) = Some(mote_wire::http::empty());
                    body
                } else {
                    // A new slot: what the lost link still holds of the old one finds nothing there.
                    *slot = Arc::new(Mutex::new(Some(body)));
                    Lent { slot: slot.clone(), own: None }.boxed_unsync()
                };
                let (kind, method, url) = (event.kind, event.method.clone(), event.url.clone());
                let (headers, upgrade) = (event.headers.clone(), event.upgrade);
                let target = event.target.clone();
                Some(Request { worker, kind, method, url, headers, body, upgrade, target })
            }
        }
    }

    /// True if it can be sent again.
    pub(super) fn can_repeat(&self) -> bool {
        match self {
            Self::Once(event) => event.is_some(),
            Self::Repeatable { slot, .. } => lock(slot).is_some(),
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
    use http_body_util::StreamBody;
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
            assert!(draft.request(1).is_some() && !draft.can_repeat() && draft.request(1).is_none());
        }
        let mut cron = event(Method::GET, empty());
        cron.kind = Kind::Scheduled;
        let mut draft = Draft::new(cron);
        assert!(draft.request(1).is_some() && draft.request(1).is_none());
    }

    #[test]
    fn a_get_without_a_body_can_be_sent_again() {
        let mut draft = Draft::new(event(Method::GET, empty()));
        let first = draft.request(1).unwrap();
        assert_eq!((first.worker, first.body.is_end_stream()), (1, true));
        assert_eq!(draft.request(2).unwrap().worker, 2);
    }

    #[tokio::test]
    async fn a_body_of_which_somebody_has_taken_something_is_never_sent_again() {
        let mut draft = Draft::new(event(Method::PUT, full("body")));
        let first = draft.request(1).unwrap();
        assert_eq!(first.body.size_hint().exact(), Some(4));
        assert!(draft.can_repeat());
        assert_eq!(first.body.collect().await.unwrap().to_bytes(), "body");
        assert!(!draft.can_repeat() && draft.request(2).is_none());
    }

    #[tokio::test]
    async fn a_body_that_was_only_waited_for_goes_to_the_next_cell_and_the_lost_one_gets_nothing_of_it() {
        let (send, receive) = tokio::sync::oneshot::channel::<Bytes>();
        let later = futures_util::stream::once(async move { Ok(Frame::data(receive.await.unwrap())) });
        let mut draft = Draft::new(event(Method::PUT, StreamBody::new(Box::pin(later)).boxed_unsync()));
        let mut lost = draft.request(1).unwrap().body;
        assert!(lost.frame().now_or_never().is_none());
        let second = draft.request(2).unwrap().body;
        assert!(matches!(lost.frame().await, Some(Err(BodyError::Aborted { .. }))));
        send.send(Bytes::from_static(b"late")).unwrap();
        assert_eq!(second.collect().await.unwrap().to_bytes(), "late");
    }
}
