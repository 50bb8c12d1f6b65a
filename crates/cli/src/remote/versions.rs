//! `mote versions`: what there is of a worker, and what of it takes events.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ConnectionOptions, Output, RemoteError,
    client::{Payload, segment},
    named::{Worker, WorkerOptions},
    output::{Paint, table},
};
use crate::printable::printable;

/// Letters of a version's id; fewer stand for the only one that begins so.
const ID_CHARS: usize = 36;
/// Fewer are no way to name one.
const ID_CHARS_MIN: usize = 4;

/// Show a worker's versions, or say which of them take events.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    /// The worker; by default that of the project in this folder.
    #[arg(value_name = "NAME")]
    pub(crate) worker_name: Option<String>,
    #[command(flatten)]
    pub(crate) worker: WorkerOptions,
    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand, Debug, Clone)]
pub(crate) enum Command {
    /// Show one version.
    View {
        /// Its id, the beginning of it, or its number.
        id: String,
    },
    /// Let these versions take the worker's events.
    Deploy {
        /// Versions with their percentages; what is left of 100 goes to those without one.
        #[arg(required = true, value_name = "ID@PERCENT")]
        shares: Vec<Share>,
        /// Why, for the list of deployments.
        #[arg(long, short)]
        message: Option<String>,
    },
}

/// A version, and how many of a hundred events it takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Share {
    id: String,
    percentage: Option<f64>,
}

impl std::str::FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, percentage) = match text.split_once('@') {
            Some((id, percentage)) => (id, Some(percentage.trim_end_matches('%'))),
            None => (text, None),
        };
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| (0.0..=100.0).contains(number));
        let percentage = match percentage.map(|text| (text, number(text))) {
            None => None,
            Some((_, Some(number))) => Some(number),
            Some((text, None)) => return Err(format!("`{text}` is no percentage between 0 and 100")),
        };
        if id.is_empty() {
            return Err("write it as ID@PERCENT".to_owned());
        }
        Ok(Self { id: id.to_owned(), percentage })
    }
}

#[derive(Deserialize)]
struct Versions {
    items: Vec<Value>,
}

#[derive(Deserialize)]
struct Deployments {
    deployments: Vec<Deployment>,
}

/// A deployment: which versions take events, and since when.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Deployment {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) versions: Vec<Deployed>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Deployed {
    pub(crate) version_id: String,
    pub(crate) percentage: f64,
}

pub(crate) async fn run(options: &Options, output: &Output) -> Result<(), RemoteError> {
    let worker = options.worker.find(options.worker_name.as_deref(), &options.connection, output).await?;
    match &options.command {
        None => list(&worker, output).await,
        Some(Command::View { id }) => view(&worker, id, output).await,
        Some(Command::Deploy { shares, message }) => {
            deploy(&worker, shares, message.as_deref(), output).await
        }
    }
}

async fn list(worker: &Worker, output: &Output) -> Result<(), RemoteError> {
    let Versions { items } = worker.client.get(&worker.path("/versions")).await?;
    let live = deployments(worker).await?.into_iter().next();
    let live: BTreeMap<String, f64> = live
        .map(|live| live.versions.into_iter().map(|one| (one.version_id, one.percentage)).collect())
        .unwrap_or_default();
    let share = |version: &Value| live.get(text(version, "/id")).copied();
    let document: Vec<Value> = items
        .iter()
        .map(|version| {
            let mut version = version.clone();
            let percentage = share(&version).unwrap_or_default();
            if let Value::Object(fields) = &mut version {
                fields.insert("percentage".to_owned(), json!(percentage));
            }
            version
        })
        .collect();
    output.result(&json!(document), |colours| {
        let row = |version: &Value| {
            let number = version.get("number").map(ToString::to_string).unwrap_or_default();
            let share = share(version).map(|share| format!("{share} %")).unwrap_or_default();
            let fields =
                ["/metadata/created_on", "/annotations/workers~1tag", "/annotations/workers~1message"];
            let fields = fields.map(|field| text(version, field).to_owned());
            let start = start_of(version).map_or_else(String::new, |start| start.in_short());
            [vec![text(version, "/id").to_owned(), number, share, start], fields.to_vec()].concat()
        };
        let heads = ["VERSION", "NUMBER", "EVENTS", "START", "CREATED", "TAG", "MESSAGE"];
        table(colours, &heads, &items.iter().map(row).collect::<Vec<_>>())
    });
    Ok(())
}

async fn view(worker: &Worker, id: &str, output: &Output) -> Result<(), RemoteError> {
    let id = whole_id(worker, id).await?;
    let version: Value = worker.client.get(&worker.path(&format!("/versions/{}", segment(&id)))).await?;
    output.result(&version, |colours| {
        let mut lines = Vec::new();
        let mut line = |name: &str, value: &str| {
            if !value.is_empty() {
                lines.push(format!(
                    "{} {}",
                    colours.paint(Paint::Dim, &format!("{name:<9}")),
                    printable(value)
                ));
            }
        };
        line("version", text(&version, "/id"));
        line("number", &version.get("number").map(ToString::to_string).unwrap_or_default());
        line("created", text(&version, "/metadata/created_on"));
        line("source", text(&version, "/metadata/source"));
        line("tag", text(&version, "/annotations/workers~1tag"));
        line("message", text(&version, "/annotations/workers~1message"));
        line("date", text(&version, "/resources/script_runtime/compatibility_date"));
        line("flags", &words(version.pointer("/resources/script_runtime/compatibility_flags")));
        line("handlers", &words(version.pointer("/resources/script/handlers")));
        line("start", &start_of(&version).map_or_else(String::new, |start| start.in_full()));
        let bindings = version.pointer("/resources/bindings").and_then(Value::as_array);
        for binding in bindings.into_iter().flatten() {
            line("binding", &format!("{} ({})", text(binding, "/name"), text(binding, "/type")));
        }
        lines.join("\n")
    });
    Ok(())
}

/// How a version starts, as it was measured when it was prepared.
#[derive(Deserialize)]
struct Start {
    source_us: u64,
    cached_us: u64,
    heap_us: Option<u64>,
    without_heap: Option<String>,
}

fn start_of(version: &Value) -> Option<Start> {
    serde_json::from_value(version.get("start")?.clone()).ok()
}

impl Start {
    fn in_short(&self) -> String {
        match self.heap_us {
            Some(heap) if self.without_heap.is_none() => format!("{} heap", milliseconds(heap)),
            _ => format!("{} code", milliseconds(self.cached_us)),
        }
    }

    fn in_full(&self) -> String {
        let [source, cached] = [self.source_us, self.cached_us].map(milliseconds);
        match (self.heap_us, &self.without_heap) {
            (Some(heap), None) => {
                format!(
                    "{} from its heap ({cached} with cached code, {source} from its source)",
                    milliseconds(heap)
                )
            }
            (_, reason) => {
                let reason = reason.as_deref().unwrap_or("none was made");
                format!("{cached} with cached code ({source} from its source); no heap: {reason}")
            }
        }
    }
}

fn milliseconds(us: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a time that a person reads")]
    let ms = us as f64 / 1_000.0;
    format!("{ms:.1} ms")
}

async fn deploy(
    worker: &Worker,
    shares: &[Share],
    message: Option<&str>,
    output: &Output,
) -> Result<(), RemoteError> {
    let mut versions = Vec::new();
    for (share, percentage) in shares.iter().zip(percentages(shares)?) {
        versions.push(Deployed { version_id: whole_id(worker, &share.id).await?, percentage });
    }
    let deployment =
        put_live(worker, &versions, message.map(|text| json!({"workers/message": text}))).await?;
    output.result(&document(worker, &deployment, &versions), |colours| {
        let lines =
            versions.iter().map(|one| format!("  {:>5} %  {}", one.percentage, printable(&one.version_id)));
        let head = format!("{} {}", colours.paint(Paint::Green, "deployed"), worker.name);
        std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

/// The share of each; what is left of 100 is divided among those that name none.
fn percentages(shares: &[Share]) -> Result<Vec<f64>, RemoteError> {
    let said: f64 = shares.iter().filter_map(|share| share.percentage).sum();
    let silent = shares.iter().filter(|share| share.percentage.is_none()).count();
    let left = 100.0 - said;
    if left < -1e-9 || (silent == 0 && left > 1e-9) {
        return Err(RemoteError::usage(format!("the percentages come to {said}, and must come to 100")));
    }
    #[expect(clippy::cast_precision_loss, reason = "a handful of arguments")]
    let each = left / silent.max(1) as f64;
    Ok(shares.iter().map(|share| share.percentage.unwrap_or(each)).collect())
}

/// Lets versions take a worker's events.
pub(crate) async fn put_live(
    worker: &Worker,
    versions: &[Deployed],
    annotations: Option<Value>,
) -> Result<Deployment, RemoteError> {
    let versions: Vec<Value> = versions
        .iter()
        .map(|one| json!({"version_id": one.version_id, "percentage": one.percentage}))
        .collect();
    let mut body = json!({"strategy": "percentage", "versions": versions});
    if let (Some(annotations), Value::Object(fields)) = (annotations, &mut body) {
        fields.insert("annotations".to_owned(), annotations);
    }
    worker.client.call(Method::POST, &worker.path("/deployments"), Payload::Json(body)).await
}

/// A worker's deployments, the present one first.
pub(crate) async fn deployments(worker: &Worker) -> Result<Vec<Deployment>, RemoteError> {
    let Deployments { deployments } = worker.client.get(&worker.path("/deployments")).await?;
    Ok(deployments)
}

/// A deployment, for programs.
pub(crate) fn document(worker: &Worker, deployment: &Deployment, versions: &[Deployed]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|one| json!({"version_id": one.version_id, "percentage": one.percentage}))
        .collect();
    json!({"name": worker.name, "account": worker.account, "deployment_id": deployment.id, "versions": versions})
}

/// The version that has this number, or begins with these letters.
pub(crate) async fn whole_id(worker: &Worker, id: &str) -> Result<String, RemoteError> {
    if id.len() == ID_CHARS {
        return Ok(id.to_owned());
    }
    if id.len() < ID_CHARS_MIN && number(id).is_none() {
        return Err(RemoteError::usage(format!(
            "`{id}` is no version: give its number, or {ID_CHARS_MIN} letters of its id or more"
        )));
    }
    let Versions { items } = worker.client.get(&worker.path("/versions")).await?;
    match meant(&items, id).as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err(RemoteError::wrong(
            format!(
                "`{}` has no version `{}`: neither a number nor the beginning of an id",
                worker.name,
                printable(id)
            ),
            "`mote versions` shows those that there are; --name names another worker",
        )),
        [_, ..] => Err(RemoteError::wrong(
            format!("`{}` is more than one version", printable(id)),
            "give more letters of its id",
        )),
    }
}

/// The versions that may be meant.
fn meant<'a>(versions: &'a [Value], said: &str) -> Vec<&'a str> {
    let number = number(said);
    let is_it = |version: &&Value| {
        let begins = said.len() >= ID_CHARS_MIN && text(version, "/id").starts_with(said);
        begins || (number.is_some() && version.get("number").and_then(Value::as_u64) == number)
    };
    versions.iter().filter(is_it).map(|version| text(version, "/id")).collect()
}

/// A number as the table of versions shows it.
fn number(said: &str) -> Option<u64> {
    said.parse().ok().filter(|number: &u64| number.to_string() == said)
}

/// A text inside of a document, or nothing.
pub(crate) fn text<'a>(document: &'a Value, pointer: &str) -> &'a str {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The texts of a list, as one.
pub(crate) fn words(list: Option<&Value>) -> String {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Result<Vec<f64>, String> {
        let shares: Vec<Share> = texts.iter().map(|text| text.parse().unwrap()).collect();
        percentages(&shares).map_err(|error| error.to_string())
    }

    #[test]
    fn shares_come_to_all_events() {
        assert_eq!(of(&["a"]).unwrap(), [100.0]);
        assert_eq!(of(&["a@10%", "b"]).unwrap(), [10.0, 90.0]);
        assert_eq!(of(&["a@0.5", "b@99.5"]).unwrap(), [0.5, 99.5]);
        assert_eq!(of(&["a", "b"]).unwrap(), [50.0, 50.0]);
        for wrong in [&["a@50"][..], &["a@60", "b@60"], &["a@100", "b@1"]] {
            assert!(of(wrong).unwrap_err().contains("must come to 100"), "{wrong:?}");
        }
    }

    #[test]
    fn a_version_is_known_by_its_number_or_the_beginning_of_its_id() {
        let versions = [
            json!({"id": "1234aaaa", "number": 1}),
            json!({"id": "12345bbb", "number": 2}),
            json!({"id": "cccccccc", "number": 12_345}),
            json!({"id": "dddddddd"}),
        ];
        for (said, expected) in [
            ("1", &["1234aaaa"][..]),
            ("2", &["12345bbb"]),
            ("cccc", &["cccccccc"]),
            ("1234", &["1234aaaa", "12345bbb"]),
            ("12345", &["12345bbb", "cccccccc"]),
            ("01", &[]),
            ("+1", &[]),
            ("ccc", &[]),
            ("3", &[]),
        ] {
            assert_eq!(meant(&versions, said), expected, "{said}");
        }
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for wrong in ["@5", "a@", "a@x", "a@-1", "a@101", "a@NaN", "a@inf"] {
            assert!(wrong.parse::<Share>().is_err(), "{wrong}");
        }
    }
}
