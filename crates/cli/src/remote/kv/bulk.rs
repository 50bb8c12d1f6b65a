//! Many keys at once, out of a file.

use std::{
    fs,
    io::{self, Read},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

use super::{
    super::{
        Output, RemoteError,
        client::Payload,
        output::{Paint, count},
    },
    EnvironmentOptions, Namespace, NamespaceOptions,
};

/// Keys that one call may change.
const CALL_KEYS_MAX: usize = 1_000;
/// What one call sends before the next one begins.
const CALL_BYTES_MAX: usize = 50 << 20;
/// The most bytes of a file of values.
const FILE_BYTES_MAX: u64 = 1 << 30;

#[derive(Subcommand, Debug, Clone)]
pub(crate) enum Command {
    /// Write pairs: a JSON list of {"key", "value", "base64"?, "expiration"?, "expiration_ttl"?, "metadata"?}.
    Put(BulkOptions),
    /// Delete keys: a JSON list of keys, or of {"key"} or {"name"}.
    Delete(BulkOptions),
}

#[derive(Args, Debug, Clone)]
pub(crate) struct BulkOptions {
    /// The file; by default stdin.
    file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) namespace: NamespaceOptions,
    #[command(flatten)]
    pub(super) env: EnvironmentOptions,
}

impl Command {
    pub(super) fn options(&self) -> &BulkOptions {
        match self {
            Self::Put(options) | Self::Delete(options) => options,
        }
    }
}

/// What is to be changed.
pub(super) enum Changes {
    Put(Vec<Value>),
    Delete(Vec<Value>),
}

/// Reads and checks the whole file.
pub(super) fn read(command: &Command) -> Result<Changes, RemoteError> {
    let mut text = String::new();
    match &command.options().file {
        Some(path) => {
            let failed = |source| RemoteError::File { path: path.clone(), source };
            let file = fs::File::open(path).map_err(failed)?;
            file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
        }
        None => {
            let failed = |source| RemoteError::Io { what: "read stdin".to_owned(), source };
            io::stdin().lock().take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
        }
    }
    let items: Vec<Value> = serde_json::from_str(&text)
        .map_err(|error| RemoteError::wrong(format!("the file is no JSON list: {error}"), ""))?;
    Ok(match command {
        Command::Put(_) => Changes::Put(pairs(items)?),
        Command::Delete(_) => Changes::Delete(keys(&items)?),
    })
}

fn pairs(items: Vec<Value>) -> Result<Vec<Value>, RemoteError> {
    let is_text = |item: &Value, field: &str| item.get(field).is_some_and(Value::is_string);
    match items.iter().position(|item| !is_text(item, "key") || !is_text(item, "value")) {
        Some(at) => Err(RemoteError::wrong(
            format!("entry {} of the list has no `key` or no `value` that is a string", at + 1),
            "values that are no text go as base64, with `\"base64\": true`",
        )),
        None => Ok(items),
    }
}

fn keys(items: &[Value]) -> Result<Vec<Value>, RemoteError> {
    let key = |item: &Value| match item {
        Value::String(key) => Some(key.as_str().into()),
        item => item.get("key").or_else(|| item.get("name")).filter(|key| key.is_string()).cloned(),
    };
    let found = items.iter().enumerate().map(|(at, item)| {
        key(item).ok_or_else(|| RemoteError::wrong(format!("entry {} of the list is no key", at + 1), ""))
    });
    found.collect()
}

pub(super) async fn run(
    namespace: &Namespace<'_>,
    changes: Changes,
    output: &Output,
) -> Result<(), RemoteError> {
    let (method, items, did) = match changes {
        Changes::Put(items) => (Method::PUT, items, "wrote"),
        Changes::Delete(items) => (Method::DELETE, items, "deleted"),
    };
    let total = items.len();
    let mut done = 0;
    for some in calls(items) {
        let many = some.len();
        let (path, body) = (namespace.path("/bulk"), Payload::Json(some.into()));
        let called = namespace.client.call::<Value>(method.clone(), &path, body).await;
        called.map_err(|error| match done {
            0 => error,
            done => RemoteError::Halfway {
                done: format!("{did} {}", count(done, "key")),
                source: Box::new(error),
            },
        })?;
        done += many;
    }
    output.result(&json!({"keys": total}), |colours| {
        format!("{} {}", colours.paint(Paint::Green, did), count(total, "key"))
    });
    Ok(())
}

/// Divides the entries so that each call is of a bearable size.
fn calls(items: Vec<Value>) -> Vec<Vec<Value>> {
    let (mut calls, mut call, mut bytes) = (Vec::new(), Vec::new(), 0);
    for item in items {
        let value = item.get("value").and_then(Value::as_str).map_or(0, str::len);
        if call.len() == CALL_KEYS_MAX || (bytes + value > CALL_BYTES_MAX && !call.is_empty()) {
            calls.push(std::mem::take(&mut call));
            bytes = 0;
        }
        bytes += value;
        call.push(item);
    }
    if !call.is_empty() {
        calls.push(call);
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_hold_a_thousand_keys_and_bearable_bytes() {
        let small: Vec<Value> = (0..2_001).map(|n| json!(n.to_string())).collect();
        assert_eq!(calls(small).iter().map(Vec::len).collect::<Vec<_>>(), [1_000, 1_000, 1]);
        let large = "x".repeat(20 << 20);
        let large: Vec<Value> = (0..5).map(|n| json!({"key": n.to_string(), "value": large})).collect();
        assert_eq!(calls(large).iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
        assert!(calls(Vec::new()).is_empty());
    }

    #[test]
    fn entries_that_make_no_sense_are_named_before_anything_is_sent() {
        assert!(pairs(vec![json!({"key": "a", "value": "1"})]).is_ok());
        let error =
            pairs(vec![json!({"key": "a", "value": "1"}), json!({"key": "b", "value": 2})]).unwrap_err();
        assert!(error.to_string().contains("entry 2"), "{error}");
        assert_eq!(keys(&[json!("a"), json!({"key": "b"}), json!({"name": "c"})]).unwrap(), ["a", "b", "c"]);
        assert!(keys(&[json!(1)]).is_err());
    }
}
