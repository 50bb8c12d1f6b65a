//! Live tails of a worker: made and ended here, watched over a WebSocket ([`crate::tails`]).

use http::{HeaderMap, StatusCode, header, uri::Authority};
use serde_json::{Value, json};

use super::{
    Api, Call, Refusal, document,
    envelope::{INVALID, NO_ROUTE, time},
};
use crate::tails::{Filters, Known, PREFIX, TailError};

/// By which a proxy that ends TLS says so.
const FORWARDED_PROTO: &str = "x-forwarded-proto";

impl Api {
    pub(super) async fn create_tail(&self, call: Call<'_>, name: &str) -> Result<Value, Refusal> {
        let (account, peer) = (call.account.to_owned(), call.peer);
        let door = door(&call.headers)?;
        let said = document(call.body).await?;
        let filters = Filters::parse(&said, peer).map_err(|error| Refusal::invalid(error.to_string()))?;
        self.check_has(&account, name).await?;
        let made = self.tails.create(&account, name, filters)?;
        let (url, expires_at) = (format!("{door}{PREFIX}{}", made.token), time(made.expires_ms));
        Ok(json!({"id": made.id, "url": url, "expires_at": expires_at}))
    }

    /// Their addresses stay with those who made them.
    pub(super) async fn tails(&self, account: &str, name: &str) -> Result<Value, Refusal> {
        self.check_has(account, name).await?;
        Ok(self.tails.list(account, name).iter().map(describe).collect())
    }

    pub(super) async fn tail(&self, account: &str, name: &str, id: &str) -> Result<Value, Refusal> {
        self.check_has(account, name).await?;
        let tails = self.tails.list(account, name);
        tails.iter().find(|tail| tail.id == id).map(describe).ok_or_else(no_tail)
    }

    pub(super) fn delete_tail(&self, account: &str, name: &str, id: &str) -> Result<Value, Refusal> {
        // The worker may be gone before those who watched it.
        self.tails.remove(account, name, id).then_some(Value::Null).ok_or_else(no_tail)
    }

    /// Refuses unless the account has this worker.
    pub(super) async fn check_has(&self, account: &str, name: &str) -> Result<(), Refusal> {
        let (account, name) = (account.to_owned(), name.to_owned());
        self.store(move |store| store.worker(&account, &name).map(drop)).await
    }
}

impl From<TailError> for Refusal {
    fn from(error: TailError) -> Self {
        match error {
            TailError::TooManyOfWorker | TailError::TooMany => {
                Self { status: StatusCode::TOO_MANY_REQUESTS, code: INVALID, message: error.to_string() }
            }
            TailError::NoRandom => Self::internal(error),
        }
    }
}

fn describe(tail: &Known) -> Value {
    json!({"id": tail.id, "expires_at": time(tail.expires_ms)})
}

fn no_tail() -> Refusal {
    let message = "there is no such tail; it may be over".to_owned();
    Refusal { status: StatusCode::NOT_FOUND, code: NO_ROUTE, message }
}

/// Where the client reaches this API, as a WebSocket's address: by the name that it has used itself.
fn door(headers: &HeaderMap) -> Result<String, Refusal> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.and_then(|host| host.parse::<Authority>().ok()).filter(|host| {
        // A name and a password are none of an address that is given away.
        !host.host().is_empty() && !host.as_str().contains('@')
    });
    let host =
        host.ok_or_else(|| Refusal::invalid("the request names no host by which a tail is watched"))?;
    let tls = headers.get(FORWARDED_PROTO).is_some_and(|proto| proto.as_bytes() == b"https");
    Ok(format!("{}://{host}", if tls { "wss" } else { "ws" }))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn door_of(host: &'static str, proto: Option<&'static str>) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        if let Some(proto) = proto {
            headers.insert(FORWARDED_PROTO, HeaderValue::from_static(proto));
        }
        door(&headers).ok()
    }

    #[test]
    fn a_tail_is_watched_where_it_was_made() {
        assert_eq!(door_of("127.0.0.1:8786", None).as_deref(), Some("ws://127.0.0.1:8786"));
        assert_eq!(door_of("[::1]:8786", None).as_deref(), Some("ws://[::1]:8786"));
        assert_eq!(door_of("mote.example.com", Some("https")).as_deref(), Some("wss://mote.example.com"));
        assert_eq!(door_of("mote.example.com", Some("http")).as_deref(), Some("ws://mote.example.com"));
        for host in ["", "ann:pass@host", "a/b", "a b", ":80", "host#"] {
            assert_eq!(door_of(host, None), None, "{host}");
        }
        assert!(door(&HeaderMap::new()).is_err());
    }
}
