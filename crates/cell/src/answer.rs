//! What becomes of an event that has no response of its worker's own, as the host shows it.

use mote_web::Failure;
use mote_wire::event::EventError;

use crate::{admission::TurnedAway, slot::Unready};

/// The error that a failure is to a client.
#[must_use]
pub fn error_of(failure: &Failure) -> EventError {
    let (status, code, slug, title) = match failure {
        Failure::Exception(_) | Failure::NoHandler(_) => {
            (500, 1101, "worker-exception", "The worker threw an exception")
        }
        Failure::Hung => (500, 1101, "worker-hung", "The worker gave no response"),
        Failure::ExceededCpu => (503, 1102, "exceeded-cpu", "The worker used too much CPU time"),
        Failure::ExceededMemory => (503, 1102, "exceeded-memory", "The worker used too much memory"),
        Failure::ExceededWallTime => (503, 1102, "exceeded-wall-time", "The worker took too long"),
        Failure::Stopped => (503, 1105, "worker-stopped", "The worker was stopped"),
        Failure::Gone => (503, 1105, "worker-gone", "The worker was stopped"),
    };
    EventError::new(status, code, slug, title, detail_of(failure))
}

/// What its owner gets to read: message and stack.
pub(crate) fn detail_of(failure: &Failure) -> String {
    match failure {
        Failure::Exception(error) => error.stack.clone(),
        Failure::ExceededCpu
        | Failure::ExceededMemory
        | Failure::ExceededWallTime
        | Failure::Stopped
        | Failure::Hung
        | Failure::NoHandler(_)
        | Failure::Gone => failure.to_string(),
    }
}

/// The event was not let in.
pub(crate) fn turned_away(why: &TurnedAway) -> EventError {
    match why {
        TurnedAway::Stopped => error_of(&Failure::Stopped),
        TurnedAway::Shed { reason, retry_after } => EventError {
            retry_after_s: Some(retry_after.as_secs()),
            ..EventError::new(
                503,
                1105,
                "load-shed",
                "Too much is asked of this worker, or of this node",
                format!("The request was turned away: {reason}."),
            )
        },
    }
}

/// Requests cause one another.
pub(crate) fn loop_detected(depth_max: u64) -> EventError {
    let detail = format!("A request may be caused by {depth_max} others, one after the other.");
    EventError::new(508, 1019, "loop-detected", "Workers call each other without an end", detail)
}

/// The request's body is longer than the worker's limit.
pub(crate) fn request_too_large(mib_max: u64) -> EventError {
    let detail = format!("A request's body may have {mib_max} MiB.");
    EventError::new(413, 1003, "request-too-large", "The request's body is too large", detail)
}

/// The worker has no version that loads.
pub(crate) fn unready(why: &Unready) -> EventError {
    let detail = match why {
        Unready::Problem(problem) => problem.clone(),
        Unready::Load(error) => error.to_string(),
        Unready::TurnedAway(why) => return turned_away(why),
    };
    EventError::new(500, 1101, "worker-does-not-load", "The worker does not load", detail)
}

/// No worker of this name is here.
pub(crate) fn unknown_worker(name: &str) -> EventError {
    EventError::new(404, 1042, "unknown-worker", "No such worker", format!("There is no worker `{name}`."))
}
