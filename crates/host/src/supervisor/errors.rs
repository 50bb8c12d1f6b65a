//! What an event gets that has no response of its worker's: from the supervisor itself, or as a cell says it.

use std::time::Duration;

use bytes::Bytes;
use mote_wire::event::EventError;

/// The longest texts that a cell may say, in bytes.
const TITLE_BYTES_MAX: usize = 200;
const SLUG_BYTES_MAX: usize = 48;
const DETAIL_BYTES_MAX: usize = 64 << 10;

pub(super) fn unknown_worker(name: &str) -> EventError {
    EventError::new(404, 1042, "unknown-worker", "No such worker", format!("There is no worker `{name}`."))
}

pub(crate) fn stopped() -> EventError {
    let detail = "The node's operator has stopped this worker.";
    EventError::new(503, 1105, "worker-stopped", "The worker was stopped", detail)
}

pub(super) fn does_not_load(reason: &str) -> EventError {
    EventError::new(500, 1101, "worker-does-not-load", "The worker does not load", reason)
}

pub(super) fn quarantined(wait: Duration) -> EventError {
    let detail = format!(
        "This worker has ended its process again and again. Its events are turned away for {} ms.",
        wait.as_millis()
    );
    let title = "The worker keeps ending its process";
    let error = EventError::new(503, 1105, "worker-quarantined", title, detail);
    EventError { retry_after_s: Some(wait.as_secs()), ..error }
}

pub(super) fn cell_lost(reason: &str, why_not_again: &str) -> EventError {
    let detail = format!("The process that ran this event was lost: {reason}. {why_not_again}");
    EventError::new(503, 1105, "cell-lost", "The worker's process was lost", detail)
}

pub(super) fn no_cell(reason: &str) -> EventError {
    let title = "No process for this worker";
    let error =
        EventError::new(503, 1105, "no-cell", title, format!("No process could be started: {reason}."));
    EventError { retry_after_s: Some(1), ..error }
}

pub(crate) fn load_shed(reason: &str) -> EventError {
    let title = "Too much is asked of this worker, or of this node";
    let error =
        EventError::new(503, 1105, "load-shed", title, format!("The request was turned away: {reason}."));
    EventError { retry_after_s: Some(1), ..error }
}

pub(super) fn too_large() -> EventError {
    let detail = "Headers, URL and the properties of the binding come to more than 256 KiB.";
    EventError::new(431, 1003, "head-too-large", "The request's headers are too large", detail)
}

pub(crate) fn draining() -> EventError {
    let detail = "The node is shutting down. Another one, or the same one later, will answer.";
    let error = EventError::new(503, 1105, "node-draining", "The node is shutting down", detail);
    EventError { retry_after_s: Some(1), ..error }
}

/// How an event ended, in Cloudflare's words, that got one of these errors.
pub(super) fn outcome_of(error: &EventError) -> &'static str {
    match &*error.slug {
        "worker-does-not-load" => "exception",
        "cell-lost" => "internalError",
        "unknown-worker" => "scriptNotFound",
        _ => "loadShed",
    }
}

/// What a cell says of an event that failed. It may say anything, so it is cut down to what an error can be.
pub(super) fn said_by_cell(failure: &Bytes) -> EventError {
    let Ok(mut error) = serde_json::from_slice::<EventError>(failure) else {
        let detail = "The worker's process gave no reason.";
        return EventError::new(500, 1101, "internal-error", "The event failed", detail);
    };
    if !(400..600).contains(&error.status) {
        error.status = 500;
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if error.slug.is_empty() || error.slug.len() > SLUG_BYTES_MAX || !error.slug.bytes().all(plain) {
        "internal-error".clone_into(&mut error.slug);
    }
    cut(&mut error.title, TITLE_BYTES_MAX);
    cut(&mut error.detail, DETAIL_BYTES_MAX);
    error
}

/// Shortens a text, at the end of a character.
fn cut(text: &mut String, bytes_max: usize) {
    text.truncate(text.floor_char_boundary(bytes_max));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_can_say_nothing_that_is_no_error() {
        let said = EventError {
            retry_after_s: Some(u64::MAX),
            ..EventError::new(200, 9, "a\r\nb: c", &"\u{e9}".repeat(1_000), "x".repeat(100_000))
        };
        let error = said_by_cell(&serde_json::to_vec(&said).unwrap().into());
        assert_eq!((error.status, error.slug.as_str()), (500, "internal-error"));
        assert!(error.title.len() <= TITLE_BYTES_MAX && error.detail.len() <= DETAIL_BYTES_MAX);
        for nonsense in [&b""[..], b"{}", b"\xff\xff", b"[1,2"] {
            assert_eq!(said_by_cell(&Bytes::from_static(nonsense)).status, 500);
        }
    }

    #[test]
    fn an_honest_error_passes_as_it_is() {
        let said = EventError::new(503, 1102, "exceeded-cpu", "Too much", "at f (a.js:1)");
        assert_eq!(said_by_cell(&serde_json::to_vec(&said).unwrap().into()), said);
    }
}
