//! What goes wrong between here and a node, and what to do about it.

use std::{fmt, io, path::PathBuf, process::ExitCode};

use http::StatusCode;
use serde_json::{Value, json};

use crate::printable::printable;

/// Cloudflare's numbers for "there is no such worker".
const NO_WORKER: [u32; 2] = [10_007, 10_090];
/// The same for "the token may not do this".
const NOT_ALLOWED: [u32; 2] = [9_109, 10_000];
/// The newest version does not take all events, so a secret cannot be changed in passing.
const NOT_DEPLOYED: u32 = 10_215;
/// An account has as much as it may.
const FULL: [u32; 2] = [10_037, 10_048];

/// Why a command did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteError {
    /// The command line makes no sense.
    #[error("{message}")]
    Usage {
        /// What about it.
        message: String,
    },
    /// Nobody is there.
    #[error("nothing answers at {api}: {reason}")]
    NoServer {
        /// Where the API should be.
        api: String,
        /// What the system says.
        reason: String,
    },
    /// The connection ended before the answer did.
    #[error("the connection to {api} broke off: {reason}")]
    Broken {
        /// Where the API is.
        api: String,
        /// What is known of it.
        reason: String,
    },
    /// Somebody answers, but not as the API does.
    #[error("{api} does not answer as a deploy API ({status}): {shown}")]
    NotTheApi {
        /// What was asked.
        api: String,
        /// The status of the answer.
        status: StatusCode,
        /// The beginning of the answer.
        shown: String,
    },
    /// The API says no.
    #[error("{}", said(errors, *status))]
    Refused {
        /// The status of the answer.
        status: StatusCode,
        /// What it says, with Cloudflare's numbers.
        errors: Vec<Said>,
        /// Where the token was from.
        token: String,
    },
    /// A request needs a token, and there is none.
    #[error("there is no token for {api}: {reason}")]
    NoToken {
        /// Where the API is.
        api: String,
        /// Where it was looked for.
        reason: String,
    },
    /// It is not clear whose workers are meant.
    #[error("{}", accounts(ids))]
    WhichAccount {
        /// Those that there are.
        ids: Vec<String>,
    },
    /// It is not clear which worker is meant.
    #[error("no worker is named, and none is here: {reason}")]
    WhichWorker {
        /// Why the project here does not say.
        reason: String,
        /// What stands on the command line and was taken for something else.
        taken_for_a_version: Option<String>,
    },
    /// The project cannot be opened.
    #[error("{0}")]
    Project(#[from] mote_bundle::ProjectError),
    /// The project cannot be bundled.
    #[error("{0}")]
    Bundle(#[from] mote_bundle::BundleError),
    /// A file or folder cannot be used.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Something of the system cannot be used.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system says.
        source: io::Error,
    },
    /// What a file or an answer says makes no sense.
    #[error("{message}")]
    Wrong {
        /// What, and what was expected.
        message: String,
        /// What to do about it.
        help: &'static str,
    },
    /// A later step of several failed.
    #[error("{done}; then {source}")]
    Halfway {
        /// What has been done.
        done: String,
        /// What was not.
        source: Box<RemoteError>,
    },
}

/// One error of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// Cloudflare's number.
    pub(crate) code: u32,
    /// The words.
    pub(crate) message: String,
}

impl RemoteError {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into() }
    }

    pub(crate) fn wrong(message: impl Into<String>, help: &'static str) -> Self {
        Self::Wrong { message: message.into(), help }
    }

    /// Whether the API says that there is no such worker.
    pub(crate) fn is_no_worker(&self) -> bool {
        self.says(&NO_WORKER)
    }

    fn says(&self, codes: &[u32]) -> bool {
        matches!(self, Self::Refused { errors, .. } if errors.iter().any(|said| codes.contains(&said.code)))
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage { .. } | Self::WhichAccount { .. } | Self::WhichWorker { .. } => ExitCode::from(2),
            Self::Halfway { source, .. } => source.exit_code(),
            _ => ExitCode::FAILURE,
        }
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> Option<String> {
        Some(match self {
            Self::NoServer { .. } => "is `mote serve` running? --api, MOTE_API or CLOUDFLARE_API_BASE_URL name its \
                                      admin address"
                .to_owned(),
            Self::NotTheApi { .. } => {
                "--api, MOTE_API or CLOUDFLARE_API_BASE_URL must name the admin address of `mote serve`, not the one \
                 where workers answer"
                    .to_owned()
            }
            Self::Refused { status: StatusCode::UNAUTHORIZED, token, .. } => format!(
                "{token} was sent; the node's own token is in the file `admin-token` of its data folder: --data names \
                 the folder, and --token, MOTE_TOKEN or CLOUDFLARE_API_TOKEN a token"
            ),
            Self::Refused { .. } if self.says(&FULL) => {
                "`mote list` shows the account's workers, `mote delete` removes one; `mote limits` shows what an account may have"
                    .to_owned()
            }
            Self::Refused { .. } if self.says(&[NOT_DEPLOYED]) => {
                "`mote versions` shows the versions, `mote versions deploy` lets one take all events; `mote deploy` brings a new one"
                    .to_owned()
            }
            Self::Refused { status: StatusCode::FORBIDDEN, token, .. } if self.says(&NOT_ALLOWED) => {
                format!("{token} was sent; `mote token create` makes one that may do this")
            }
            Self::Refused { .. } if self.is_no_worker() => {
                "`mote list` shows the account's workers, and `mote deploy` brings one; --account names another account"
                    .to_owned()
            }
            Self::NoToken { .. } => {
                "the token is in the file `admin-token` of the node's data folder: --data names the folder, and --token, \
                 MOTE_TOKEN or CLOUDFLARE_API_TOKEN a token"
                    .to_owned()
            }
            Self::WhichAccount { .. } => {
                "name it with --account, MOTE_ACCOUNT, CLOUDFLARE_ACCOUNT_ID or `account_id` in the configuration"
                    .to_owned()
            }
            Self::WhichWorker { taken_for_a_version: Some(said), .. } => {
                let said = printable(said);
                format!("`{said}` is taken for a version: --name names the worker, as in `--name {said}`")
            }
            Self::WhichWorker { .. } => "name it with --name, or run this in its project's folder".to_owned(),
            Self::Wrong { help, .. } if !help.is_empty() => (*help).to_owned(),
            Self::Halfway { source, .. } => return source.help(),
            Self::Usage { .. } => "--help shows how it is used".to_owned(),
            _ => return None,
        })
    }

    /// For programs.
    pub(crate) fn document(&self) -> Value {
        let inner = match self {
            Self::Halfway { source, .. } => source,
            other => other,
        };
        let (status, code) = match inner {
            Self::Refused { status, errors, .. } => {
                (Some(status.as_u16()), errors.first().map(|said| said.code))
            }
            _ => (None, None),
        };
        json!({"error": {"message": self.to_string(), "help": self.help(), "status": status, "code": code}})
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {})", printable(&self.message), self.code)
    }
}

fn said(errors: &[Said], status: StatusCode) -> String {
    match errors {
        [] => format!("the node answers {status} and does not say why"),
        errors => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    }
}

fn accounts(ids: &[String]) -> String {
    match ids {
        [] => "the token opens no account".to_owned(),
        ids => format!("there are several accounts: {}", printable(&ids.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: StatusCode, code: u32) -> RemoteError {
        let errors = vec![Said { code, message: "no\u{1b}[31m".to_owned() }];
        RemoteError::Refused { status, errors, token: "--token".to_owned() }
    }

    #[test]
    fn a_refusal_says_what_to_do_and_does_not_steer_the_terminal() {
        let error = refused(StatusCode::UNAUTHORIZED, 10_000);
        assert_eq!(error.to_string(), "no\u{fffd}[31m (code 10000)");
        assert!(error.help().unwrap().contains("MOTE_TOKEN"));
        assert!(refused(StatusCode::NOT_FOUND, 10_007).help().unwrap().contains("mote list"));
        assert_eq!(refused(StatusCode::BAD_REQUEST, 10_021).help(), None);
        assert!(refused(StatusCode::BAD_REQUEST, 10_215).help().unwrap().contains("mote versions deploy"));
        for (code, expected) in
            [(10_000, "mote token create"), (9_109, "mote token create"), (10_048, "mote delete")]
        {
            assert!(refused(StatusCode::FORBIDDEN, code).help().unwrap().contains(expected), "{code}");
        }
    }

    #[test]
    fn programs_get_the_numbers_also_of_a_later_step() {
        let source = Box::new(refused(StatusCode::CONFLICT, 10_031));
        let error = RemoteError::Halfway { done: "it is live".to_owned(), source };
        let document = error.document();
        assert_eq!((&document["error"]["status"], &document["error"]["code"]), (&json!(409), &json!(10_031)));
        assert!(document["error"]["message"].as_str().unwrap().starts_with("it is live; then "));
    }
}
