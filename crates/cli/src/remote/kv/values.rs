//! Values, one at a time.

use std::{
    fs,
    io::{self, IsTerminal, Read},
    path::PathBuf,
};

use bytes::Bytes;
use clap::Args;
use data_encoding::BASE64;
use http::Method;
use serde_json::{Value, json};

use super::{
    super::{
        Output, RemoteError,
        client::{Payload, segment},
        form::Form,
        output::{Paint, size, table},
        versions::text,
    },
    EnvironmentOptions, Namespace, NamespaceOptions,
};

/// The most bytes of a value, as on Cloudflare.
const VALUE_BYTES_MAX: u64 = 25 << 20;

#[derive(Args, Debug, Clone)]
pub(crate) struct Get {
    /// The key.
    key: String,
    #[command(flatten)]
    pub(super) namespace: NamespaceOptions,
    #[command(flatten)]
    pub(super) env: EnvironmentOptions,
}

#[derive(Args, Debug, Clone)]
pub(crate) struct Put {
    /// The key.
    key: String,
    /// The value; without it and --path, stdin.
    #[arg(conflicts_with = "path")]
    value: Option<String>,
    /// A file with the value.
    #[arg(long, value_name = "FILE")]
    path: Option<PathBuf>,
    /// Seconds after which it is gone.
    #[arg(long, value_name = "SECONDS")]
    ttl: Option<u64>,
    /// When it is gone, in seconds since 1970.
    #[arg(long, value_name = "TIME", conflicts_with = "ttl")]
    expiration: Option<u64>,
    /// JSON that is listed with the key.
    #[arg(long, value_name = "JSON", value_parser = json_text)]
    metadata: Option<Value>,
    #[command(flatten)]
    pub(super) namespace: NamespaceOptions,
    #[command(flatten)]
    pub(super) env: EnvironmentOptions,
}

#[derive(Args, Debug, Clone)]
pub(crate) struct List {
    /// Only keys that begin so.
    #[arg(long)]
    prefix: Option<String>,
    /// At most so many.
    #[arg(long, value_name = "KEYS")]
    limit: Option<usize>,
    #[command(flatten)]
    pub(super) namespace: NamespaceOptions,
    #[command(flatten)]
    pub(super) env: EnvironmentOptions,
}

#[derive(Args, Debug, Clone)]
pub(crate) struct Delete {
    /// The key.
    key: String,
    #[command(flatten)]
    pub(super) namespace: NamespaceOptions,
    #[command(flatten)]
    pub(super) env: EnvironmentOptions,
}

fn json_text(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))
}

pub(super) async fn get(namespace: &Namespace<'_>, get: &Get, output: &Output) -> Result<(), RemoteError> {
    let value = namespace.client.bytes(&namespace.path(&format!("/values/{}", segment(&get.key)))).await?;
    if output.is_json() {
        let document = match std::str::from_utf8(&value) {
            Ok(text) => json!({"key": get.key, "value": text}),
            Err(_) => json!({"key": get.key, "value": BASE64.encode(&value), "base64": true}),
        };
        output.result(&document, |_| String::new());
        return Ok(());
    }
    // As it is, so that it can go into a file; a person's prompt stands better on a line of its own.
    output.bytes(&value);
    if io::stdout().is_terminal() && !value.ends_with(b"\n") {
        output.line("");
    }
    Ok(())
}

pub(super) async fn put(namespace: &Namespace<'_>, put: &Put, output: &Output) -> Result<(), RemoteError> {
    let value = value_of(put)?;
    let bytes = value.len() as u64;
    let query = match (put.ttl, put.expiration) {
        (Some(ttl), _) => format!("?expiration_ttl={ttl}"),
        (None, Some(at)) => format!("?expiration={at}"),
        (None, None) => String::new(),
    };
    let payload = match &put.metadata {
        Some(metadata) => {
            let mut form = Form::new();
            form.file("value", "application/octet-stream", value);
            form.text("metadata", metadata.to_string());
            Payload::Form(form)
        }
        None => Payload::Bytes(value),
    };
    let path = namespace.path(&format!("/values/{}{query}", segment(&put.key)));
    namespace.client.call::<Value>(Method::PUT, &path, payload).await?;
    output.result(&json!({"key": put.key, "bytes": bytes}), |colours| {
        format!("{} {} ({})", colours.paint(Paint::Green, "wrote"), put.key, size(bytes))
    });
    Ok(())
}

fn value_of(put: &Put) -> Result<Bytes, RemoteError> {
    let too_large = || {
        let message = format!("the value has more than {}", size(VALUE_BYTES_MAX));
        RemoteError::wrong(message, "")
    };
    let mut value = Vec::new();
    match (&put.value, &put.path) {
        (Some(value), _) => return Ok(value.clone().into()),
        (None, Some(path)) => {
            let failed = |source| RemoteError::File { path: path.clone(), source };
            let file = fs::File::open(path).map_err(failed)?;
            file.take(VALUE_BYTES_MAX + 1).read_to_end(&mut value).map_err(failed)?;
        }
        (None, None) => {
            let failed = |source| RemoteError::Io { what: "read stdin".to_owned(), source };
            // A person who types has forgotten the value; what is piped and empty has most likely gone wrong.
            if !io::stdin().is_terminal() {
                io::stdin().lock().take(VALUE_BYTES_MAX + 1).read_to_end(&mut value).map_err(failed)?;
            }
            if value.is_empty() {
                return Err(RemoteError::usage(format!(
                    "there is no value for `{}`: give it after the key, as a file with --path, or on stdin; \"\" writes an empty one",
                    put.key
                )));
            }
        }
    }
    if value.len() as u64 > VALUE_BYTES_MAX { Err(too_large()) } else { Ok(value.into()) }
}

pub(super) async fn list(namespace: &Namespace<'_>, list: &List, output: &Output) -> Result<(), RemoteError> {
    let most = list.limit.unwrap_or(usize::MAX);
    let prefix = list.prefix.as_ref().map(|prefix| format!("prefix={}", segment(prefix)));
    let (mut keys, mut cursor): (Vec<Value>, Option<String>) = (Vec::new(), None);
    loop {
        let from = cursor.as_ref().map(|cursor| format!("cursor={}", segment(cursor)));
        let query: Vec<String> = prefix.clone().into_iter().chain(from).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        let path = namespace.path(&format!("/keys{mark}{}", query.join("&")));
        let page = namespace.client.page::<Vec<Value>>(&path).await?;
        keys.extend(page.result);
        // A cursor that leads back to itself leads nowhere.
        if keys.len() >= most || page.cursor.is_none() || page.cursor == cursor {
            break;
        }
        cursor = page.cursor;
    }
    keys.truncate(most);
    output.result(&json!(keys), |colours| {
        let row = |key: &Value| {
            let of = |field: &str| key.get(field).map(ToString::to_string).unwrap_or_default();
            vec![text(key, "/name").to_owned(), of("expiration"), of("metadata")]
        };
        table(colours, &["KEY", "EXPIRATION", "METADATA"], &keys.iter().map(row).collect::<Vec<_>>())
    });
    Ok(())
}

pub(super) async fn delete(
    namespace: &Namespace<'_>,
    delete: &Delete,
    output: &Output,
) -> Result<(), RemoteError> {
    let path = namespace.path(&format!("/values/{}", segment(&delete.key)));
    namespace.client.call::<Value>(Method::DELETE, &path, Payload::Nothing).await?;
    output.result(&json!({"key": delete.key, "deleted": true}), |colours| {
        format!("{} {}", colours.paint(Paint::Green, "deleted"), delete.key)
    });
    Ok(())
}
