//! The form of every answer: Cloudflare's envelope, with its numbers where clients look at them.

use std::time::Duration;

use http::{Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;
use mote_store::StoreError;
use serde_json::{Value, json};

use super::guesses::GUESS_EVERY;
/// A time as the API says it.
pub(super) use crate::clock::rfc3339 as time;

/// An answer, as it is sent.
pub type Answer = Response<Full<Bytes>>;

/// What a request that was carried out is answered with.
#[derive(Debug)]
pub(super) enum Reply {
    /// A result.
    Result(Value),
    /// A part of a list, and where the rest of it is.
    Page {
        /// The part.
        result: Value,
        /// What is said about it.
        info: Value,
    },
    /// No document, but content as it is.
    Raw(Answer),
}

impl From<Value> for Reply {
    fn from(result: Value) -> Self {
        Self::Result(result)
    }
}

/// Why a request is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// Cloudflare's number for it.
    pub(super) code: u32,
    pub(super) message: String,
}

/// The request is wrong in itself.
pub(super) const INVALID: u32 = 10_021;
/// The node fails.
const INTERNAL: u32 = 10_002;
/// There is no such worker.
pub(super) const NO_WORKER: u32 = 10_007;
/// There is no such version.
const NO_VERSION: u32 = 10_090;
/// The account has as many workers as it may.
const TOO_MANY_WORKERS: u32 = 10_037;
/// The account keeps as much as it may.
pub(super) const OVER_QUOTA: u32 = 10_048;
/// The newest version does not take all events, so its secrets cannot be changed in passing.
const NOT_DEPLOYED: u32 = 10_215;
/// A binding is to be inherited that is not there.
pub(super) const NOTHING_TO_INHERIT: u32 = 10_057;
/// The worker handles no events.
pub(super) const NO_HANDLERS: u32 = 10_068;
/// Nothing answers under this path, or it names nothing.
pub(super) const NO_ROUTE: u32 = 7_003;
/// The sender is not known, or what he asks for is not his.
const NOT_AUTHENTIC: u32 = 10_000;
/// The sender is known, and may not do this. Clients do not fall back to something else then.
pub(super) const NOT_ALLOWED: u32 = 9_109;
/// When somebody is to try again for whom there was no room.
const BUSY_RETRY: Duration = Duration::from_secs(5);
/// The sender is to wait.
const TOO_MANY: u32 = 971;

impl Refusal {
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: INVALID, message: message.into() }
    }

    /// The worker's code, or what else is uploaded, has too many bytes. wrangler shows which of the code's parts are largest then.
    pub(super) fn too_large(message: impl Into<String>) -> Self {
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, code: 10_027, message: message.into() }
    }

    /// There is too much of something that is not code.
    pub(super) fn too_much(message: impl Into<String>) -> Self {
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, code: INVALID, message: message.into() }
    }

    /// The client has let itself be waited for.
    pub(super) fn late(message: impl Into<String>) -> Self {
        Self { status: StatusCode::REQUEST_TIMEOUT, code: INVALID, message: message.into() }
    }

    /// What Mote does not do yet says so: a client that goes on would believe that it was done. Why no status of the server's
    /// fault: wrangler sends everything three times then.
    pub(super) fn not_yet(what: &str) -> Self {
        let message = format!("Mote does not support {what} yet");
        Self { status: StatusCode::BAD_REQUEST, code: NO_ROUTE, message }
    }

    pub(super) fn unauthorized() -> Self {
        Self::bad_token(
            "send a token of the account, or the node's own (MOTE_TOKEN, or the file admin-token in its data folder), as \
             `Authorization: Bearer <token>`",
        )
    }

    /// The token that was sent opens nothing.
    pub(super) fn bad_token(why: &str) -> Self {
        let message = format!("Authentication error: {why}");
        Self { status: StatusCode::UNAUTHORIZED, code: NOT_AUTHENTIC, message }
    }

    /// It would be about another account than the sender's. It says nothing of that account, not even that it is there.
    pub(super) fn other_account() -> Self {
        let message = "Authentication error: the token is of another account".to_owned();
        Self { status: StatusCode::FORBIDDEN, code: NOT_AUTHENTIC, message }
    }

    pub(super) fn not_allowed(why: &str) -> Self {
        let message = format!("Unauthorized to access requested resource: {why}");
        Self { status: StatusCode::FORBIDDEN, code: NOT_ALLOWED, message }
    }

    pub(super) fn too_many_guesses() -> Self {
        let message = format!(
            "Authentication error: too many wrong tokens came from this address; try again in {} s",
            GUESS_EVERY.as_secs()
        );
        Self { status: StatusCode::TOO_MANY_REQUESTS, code: TOO_MANY, message }
    }

    /// There is no room for it now.
    pub(super) fn busy(message: &str) -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, code: TOO_MANY, message: message.to_owned() }
    }

    /// Whether it is for lack of room on the disk, and not of an account's share of it.
    pub(super) fn is_disk_full(&self) -> bool {
        self.status == StatusCode::INSUFFICIENT_STORAGE && self.code == INTERNAL
    }

    pub(super) fn internal(reason: impl ToString) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, code: INTERNAL, message: reason.to_string() }
    }

    pub(super) fn no_worker(name: &str) -> Self {
        let message = format!("This Worker does not exist on your account: {name}");
        Self { status: StatusCode::NOT_FOUND, code: NO_WORKER, message }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::NoWorker { name } => Self::no_worker(name),
            StoreError::NoVersion { .. } => {
                Self { status: StatusCode::NOT_FOUND, code: NO_VERSION, message: error.to_string() }
            }
            StoreError::NoAccount { .. } | StoreError::NoToken { .. } => {
                Self { status: StatusCode::NOT_FOUND, code: NO_ROUTE, message: error.to_string() }
            }
            StoreError::AccountTaken { .. }
            | StoreError::AccountInUse { .. }
            | StoreError::TooManyTokens { .. } => {
                Self { status: StatusCode::CONFLICT, code: INVALID, message: error.to_string() }
            }
            StoreError::NameTaken { .. }
            | StoreError::RouteTaken { .. }
            | StoreError::RouteOfOther { .. } => {
                Self { status: StatusCode::CONFLICT, code: 10_031, message: error.to_string() }
            }
            StoreError::TooManyWorkers { .. } => {
                Self { status: StatusCode::FORBIDDEN, code: TOO_MANY_WORKERS, message: error.to_string() }
            }
            // Not 507: it is no use to try again, as wrangler does then.
            StoreError::OverQuota { .. } | StoreError::TooMany { .. } => {
                Self { status: StatusCode::FORBIDDEN, code: OVER_QUOTA, message: error.to_string() }
            }
            StoreError::NotAlone { .. } => Self { code: NOT_DEPLOYED, ..Self::invalid(error.to_string()) },
            StoreError::NoAsset => Self::invalid(error.to_string()),
            StoreError::Full => {
                Self { status: StatusCode::INSUFFICIENT_STORAGE, code: INTERNAL, message: error.to_string() }
            }
            StoreError::TooNew { .. }
            | StoreError::Corrupt { .. }
            | StoreError::Token { .. }
            | StoreError::Bundle { .. }
            | StoreError::Unpack { .. }
            | StoreError::Thread { .. }
            | StoreError::Sqlite(_) => Self::internal(error),
        }
    }
}

/// Bytes of a message. What was sent is often in it, and that has no end.
const MESSAGE_BYTES_MAX: usize = 4 << 10;

/// The answer to a request that was carried out, or was not.
pub(super) fn answer(reply: Result<Reply, Refusal>) -> Answer {
    match reply {
        Ok(Reply::Result(result)) => document(
            StatusCode::OK,
            &json!({"success": true, "errors": [], "messages": [], "result": result}),
        ),
        Ok(Reply::Page { result, info }) => document(
            StatusCode::OK,
            &json!({"success": true, "errors": [], "messages": [], "result": result, "result_info": info}),
        ),
        Ok(Reply::Raw(answer)) => answer,
        Err(Refusal { status, code, mut message }) => {
            if message.len() > MESSAGE_BYTES_MAX {
                message.truncate(message.floor_char_boundary(MESSAGE_BYTES_MAX));
                message.push('…');
            }
            let errors = json!([{"code": code, "message": message}]);
            document(status, &json!({"success": false, "errors": errors, "messages": [], "result": null}))
        }
    }
}

fn document(status: StatusCode, value: &Value) -> Answer {
    let mut response = Response::new(Full::from(value.to_string()));
    *response.status_mut() = status;
    let kind = header::HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    // An answer may hold the value of a new token.
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    let retry_after = match status {
        StatusCode::TOO_MANY_REQUESTS => Some(GUESS_EVERY),
        StatusCode::SERVICE_UNAVAILABLE => Some(BUSY_RETRY),
        _ => None,
    };
    let retry_after = retry_after.map(|after| (header::RETRY_AFTER, after.as_secs().into()));
    response.headers_mut().extend(retry_after);
    response
}
