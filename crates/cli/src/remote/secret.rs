//! `mote secret`: texts that only a worker's code sees. They come from stdin or a file, never from the command line, which
//! others on the machine can read.

use std::{
    fs,
    io::{self, IsTerminal, Read},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use http::Method;
use mote_bundle::dotenv;
use serde_json::{Map, Value, json};

use super::{
    ConnectionOptions, Output, RemoteError,
    client::{Payload, segment},
    named::{Worker, WorkerOptions},
    output::{Paint, count, table},
    versions::text,
};

/// Secrets that one call may change.
const CALL_SECRETS_MAX: usize = 100;
/// The most bytes of a file of secrets.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// Put, list and delete a worker's secrets. Each change is a new version, live at once.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) worker: WorkerOptions,
    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug, Clone)]
pub(crate) enum Command {
    /// Set a secret; its text comes from stdin, or is asked for on a terminal.
    Put {
        /// Its name in `env`.
        key: String,
    },
    /// Show the names of the secrets.
    List,
    /// Remove a secret.
    Delete {
        /// Its name.
        key: String,
    },
    /// Set many: a JSON object of names and texts (null removes), or lines of NAME=text.
    Bulk {
        /// The file; by default stdin.
        file: Option<PathBuf>,
    },
}

pub(crate) async fn run(options: &Options, output: &Output) -> Result<(), RemoteError> {
    // Before anything is asked of the node: a file that cannot be read changes nothing.
    let said = match &options.command {
        Command::Put { key } => Some(Said::One(ask(key)?)),
        Command::Bulk { file } => Some(Said::Many(read_many(file.as_deref())?)),
        Command::List | Command::Delete { .. } => None,
    };
    let worker = options.worker.find(None, &options.connection, output).await?;
    match (&options.command, said) {
        (Command::Put { key }, Some(Said::One(secret))) => put(&worker, key, &secret, output).await,
        (Command::Bulk { .. }, Some(Said::Many(changes))) => put_many(&worker, &changes, output).await,
        (Command::Delete { key }, _) => delete(&worker, key, output).await,
        (Command::Put { .. } | Command::Bulk { .. } | Command::List, _) => list(&worker, output).await,
    }
}

enum Said {
    One(String),
    Many(Map<String, Value>),
}

async fn put(worker: &Worker, key: &str, secret: &str, output: &Output) -> Result<(), RemoteError> {
    let body = json!({"name": key, "text": secret, "type": "secret_text"});
    worker.client.call::<Value>(Method::PUT, &worker.path("/secrets"), Payload::Json(body)).await?;
    output.result(&json!({"name": worker.name, "secret": key}), |colours| {
        format!("{} the secret {key} of {}", colours.paint(Paint::Green, "set"), worker.name)
    });
    Ok(())
}

async fn list(worker: &Worker, output: &Output) -> Result<(), RemoteError> {
    let secrets: Vec<Value> = worker.client.get(&worker.path("/secrets")).await?;
    output.result(&json!(secrets), |colours| {
        if secrets.is_empty() {
            return format!("{} has no secrets", worker.name);
        }
        let row = |secret: &Value| ["/name", "/type"].map(|field| text(secret, field).to_owned()).to_vec();
        table(colours, &["NAME", "TYPE"], &secrets.iter().map(row).collect::<Vec<_>>())
    });
    Ok(())
}

async fn delete(worker: &Worker, key: &str, output: &Output) -> Result<(), RemoteError> {
    let path = worker.path(&format!("/secrets/{}?url_encoded=true", segment(key)));
    worker.client.call::<Value>(Method::DELETE, &path, Payload::Nothing).await?;
    output.result(&json!({"name": worker.name, "secret": key, "deleted": true}), |colours| {
        format!("{} the secret {key} of {}", colours.paint(Paint::Green, "deleted"), worker.name)
    });
    Ok(())
}

async fn put_many(worker: &Worker, changes: &Map<String, Value>, output: &Output) -> Result<(), RemoteError> {
    let all: Vec<(&String, &Value)> = changes.iter().collect();
    for (at, some) in all.chunks(CALL_SECRETS_MAX).enumerate() {
        let secrets: Map<String, Value> = some
            .iter()
            .map(|(name, text)| {
                let change = match text {
                    Value::Null => Value::Null,
                    text => json!({"name": name, "text": text, "type": "secret_text"}),
                };
                ((*name).clone(), change)
            })
            .collect();
        let body = Payload::Json(json!({"secrets": secrets}));
        let done = worker.client.call::<Value>(Method::PATCH, &worker.path("/secrets-bulk"), body).await;
        done.map_err(|error| match at {
            0 => error,
            at => {
                let done = format!("the first {} secrets are changed", at * CALL_SECRETS_MAX);
                RemoteError::Halfway { done, source: Box::new(error) }
            }
        })?;
    }
    let names: Vec<&String> = changes.keys().collect();
    output.result(&json!({"name": worker.name, "secrets": names}), |colours| {
        format!(
            "{} {} of {}",
            colours.paint(Paint::Green, "changed"),
            count(names.len(), "secret"),
            worker.name
        )
    });
    Ok(())
}

/// The text of one secret: without an echo from a terminal, whole from anywhere else, without the line's end.
fn ask(key: &str) -> Result<String, RemoteError> {
    let io = |source| RemoteError::Io { what: "read the secret".to_owned(), source };
    let text = if io::stdin().is_terminal() {
        let terminal = console::Term::stderr();
        terminal
            .write_str(&format!("The text of {key}: "))
            .and_then(|()| terminal.read_secure_line())
            .map_err(io)?
    } else {
        read_all(io::stdin().lock()).map_err(io)?
    };
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(RemoteError::wrong(
            "the secret is empty",
            "write its text to stdin: `mote secret put KEY < file`",
        ));
    }
    Ok(text.to_owned())
}

fn read_many(file: Option<&Path>) -> Result<Map<String, Value>, RemoteError> {
    let text = match file {
        Some(path) => {
            let io = |source| RemoteError::File { path: path.to_owned(), source };
            read_all(fs::File::open(path).map_err(io)?).map_err(io)?
        }
        None => read_all(io::stdin().lock())
            .map_err(|source| RemoteError::Io { what: "read stdin".to_owned(), source })?,
    };
    changes(&text)
}

fn read_all(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    let read = from.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if read as u64 > FILE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {FILE_BYTES_MAX} bytes")));
    }
    Ok(text)
}

/// Names with their texts, or with null where they are to go.
fn changes(text: &str) -> Result<Map<String, Value>, RemoteError> {
    const HELP: &str = "write {\"NAME\": \"text\", \"GONE\": null}, or lines of NAME=text";
    // No error repeats what it read: it is a secret.
    if text.trim_start().starts_with('{') {
        let Ok(Value::Object(found)) = serde_json::from_str(text) else {
            return Err(RemoteError::wrong("these secrets are no JSON object", HELP));
        };
        return match found.iter().find(|(_, value)| !value.is_string() && !value.is_null()) {
            Some((name, _)) => {
                Err(RemoteError::wrong(format!("the secret `{name}` is neither a text nor null"), HELP))
            }
            None if found.is_empty() => Err(RemoteError::wrong("there are no secrets in it", HELP)),
            None => Ok(found),
        };
    }
    let found = dotenv::parse(text);
    match (found.unreadable_lines.first(), found.vars.is_empty()) {
        (Some(line), _) => Err(RemoteError::wrong(format!("line {line} is not NAME=text"), HELP)),
        (None, true) => Err(RemoteError::wrong("there are no secrets in it", HELP)),
        (None, false) => Ok(found.vars.into_iter().map(|(name, value)| (name, value.into())).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{Fake, bad, good},
        *,
    };

    #[test]
    fn secrets_come_as_json_or_as_lines_and_errors_repeat_none() {
        assert_eq!(changes("{\"A\": \"1\", \"B\": null}").unwrap().len(), 2);
        assert_eq!(changes("A=1\nB='two words'\n").unwrap()["B"], "two words");
        for wrong in ["{\"A\": \"hush\"", "{\"A\": [\"hush\"]}", "A=1\nhush hush\n", "", "{}", "hush"] {
            let error = changes(wrong).unwrap_err().to_string();
            assert!(!error.contains("hush"), "{error}");
        }
    }

    #[tokio::test]
    async fn many_secrets_go_in_calls_of_a_hundred_and_say_how_far_they_came() {
        let fake = Fake::start(|asked| match asked.json()["secrets"].get("K120") {
            Some(_) => bad(400, 10_021, "too many"),
            None => good(&json!([])),
        })
        .await;
        let worker = Worker { client: fake.client(), account: "acme".to_owned(), name: "shop".to_owned() };
        let all = (0..150).map(|n| (format!("K{n:03}"), json!("x"))).collect();
        let output =
            Output::of(&ConnectionOptions { api: None, token: None, data: None, account: None, json: false });
        let error = put_many(&worker, &all, &output).await.unwrap_err();
        assert!(error.to_string().contains("the first 100 secrets are changed; then too many"), "{error}");
        assert_eq!(fake.lines(), ["PATCH accounts/acme/workers/scripts/shop/secrets-bulk"; 2]);
        assert_eq!(fake.requests()[0].json()["secrets"]["K000"]["type"], "secret_text");
    }
}
