//! What a command does that follows a worker when the node goes away under it: a restart and an upgrade are over in a moment,
//! so it asks again for a while, and says so.

use std::time::Duration;

use tokio::time::Instant;

use super::{Output, RemoteError};

/// How long a node may be away: longer than a restart takes, and shorter than anybody would watch a still screen.
const AWAY_MAX: Duration = Duration::from_secs(30);
/// How long it is left alone between two attempts.
const PAUSE: Duration = Duration::from_secs(1);

/// Attempts something until it succeeds; `lost` says what has happened. `None` if Ctrl-C ends it.
pub(super) async fn until_back<T>(
    output: &Output,
    lost: &str,
    mut attempt: impl AsyncFnMut() -> Result<T, RemoteError>,
) -> Result<Option<T>, RemoteError> {
    output.note(&format!("{lost}; trying again for {} seconds", AWAY_MAX.as_secs()));
    let end = Instant::now() + AWAY_MAX;
    let trying = async {
        let mut last = RemoteError::wrong("it does not answer", "");
        loop {
            tokio::time::sleep(PAUSE).await;
            match tokio::time::timeout_at(end, attempt()).await {
                Ok(Err(error)) if may_pass(&error) && Instant::now() < end => last = error,
                Ok(Err(error)) if may_pass(&error) => return Err(stayed_away(&error)),
                Ok(done) => return done.map(Some),
                Err(_) => return Err(stayed_away(&last)),
            }
        }
    };
    tokio::select! {
        done = trying => done,
        _ = tokio::signal::ctrl_c() => Ok(None),
    }
}

/// Whether a node that ends, starts or is replaced gives this answer, and soon another one.
pub(super) fn may_pass(error: &RemoteError) -> bool {
    match error {
        RemoteError::NoServer { .. } | RemoteError::Broken { .. } => true,
        RemoteError::Refused { status, .. } | RemoteError::NotTheApi { status, .. } => {
            status.is_server_error()
        }
        _ => false,
    }
}

fn stayed_away(error: &RemoteError) -> RemoteError {
    RemoteError::wrong(
        format!("the node did not come back within {} seconds: {error}", AWAY_MAX.as_secs()),
        "is `mote serve` running? run the command again when it is",
    )
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::remote::ConnectionOptions;

    fn output() -> Output {
        Output::of(&ConnectionOptions { api: None, token: None, data: None, account: None, json: false })
    }

    fn nobody() -> RemoteError {
        RemoteError::NoServer { api: "http://node".to_owned(), reason: "refused".to_owned() }
    }

    fn refused(status: StatusCode) -> RemoteError {
        RemoteError::Refused { status, errors: Vec::new(), token: String::new() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_comes_back_is_asked_until_it_does() {
        let (output, mut attempts) = (output(), 0);
        let done = until_back(&output, "lost", async || {
            attempts += 1;
            match attempts {
                1 => Err(nobody()),
                2 => Err(refused(StatusCode::SERVICE_UNAVAILABLE)),
                _ => Ok("here"),
            }
        });
        assert_eq!(done.await.unwrap(), Some("here"));
        assert_eq!(attempts, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_stays_away_or_says_no_is_not_asked_for_ever() {
        let output = output();
        let gone = until_back(&output, "lost", async || Err::<(), _>(nobody())).await.unwrap_err();
        let said = gone.to_string();
        assert!(
            said.contains("did not come back") && said.contains("nothing answers at http://node"),
            "{said}"
        );
        let mut attempts = 0;
        let no = until_back(&output, "lost", async || {
            attempts += 1;
            Err::<(), _>(refused(StatusCode::UNAUTHORIZED))
        });
        assert!(no.await.unwrap_err().to_string().contains("401"));
        assert_eq!(attempts, 1, "another answer is not to be expected");
        let silent = until_back(&output, "lost", async || std::future::pending::<Result<(), _>>().await);
        assert!(silent.await.unwrap_err().to_string().contains("it does not answer"));
    }
}
