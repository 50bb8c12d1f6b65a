//! One call of the API, and the request that it is.

use mote_blackbox::{DeployApi, form};
use serde_json::{Map, Value, json};

/// A call: who makes it, for which account and worker, and what it is to do.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) by: By,
    pub(super) account: &'static str,
    pub(super) worker: String,
    pub(super) act: Act,
}

/// Whose token is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Operator,
    /// A token of this account.
    Member(&'static str),
    Nobody,
}

#[derive(Debug, Clone)]
pub(super) enum Act {
    Upload(Upload),
    /// Ids of versions, and percentages.
    Deploy(Vec<(String, f64)>),
    Secrets(Changing, Vec<(&'static str, Option<String>)>),
    Routes(Vec<&'static str>),
    Domains(Vec<&'static str>),
    Schedules(Vec<&'static str>),
    Tags(Value),
    CreateTail,
    DeleteTail(String),
    Delete(&'static str),
    Read(&'static str),
    /// A body that is no JSON.
    Garbage(&'static str, &'static str),
    /// What Mote has not.
    Unknown,
}

/// The calls that change secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Changing {
    Put,
    Delete,
    Bulk,
    /// The same without a deployment.
    Latest,
}

#[derive(Debug, Clone)]
pub(super) struct Upload {
    /// What tells its code from all other.
    pub(super) mark: u64,
    pub(super) then: Then,
    pub(super) flaw: Flaw,
    pub(super) bindings: Vec<(&'static str, Bind)>,
    pub(super) keeps: Vec<&'static str>,
    pub(super) tags: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Deploy,
    Keep,
}

/// A binding, as it is asked for or as a version has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bind {
    Plain(String),
    Json(Value),
    Secret(String),
    Service(String),
    /// Of the version before, under this name.
    Inherit(&'static str),
}

/// What is wrong with an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    None,
    NoForm,
    NoMetadata,
    NoMain,
    ModuleTwice,
    UnknownType,
    BindingTwice,
    NotYet,
    Syntax,
    Throws,
    NoHandlers,
}

impl Step {
    /// Sends it; `None` if the node is gone.
    pub(super) fn send(&self, api: &DeployApi) -> Option<(u16, Value)> {
        let (method, path, body) = self.request();
        let account = format!("accounts/{}/workers", self.account);
        let script = format!("{account}/scripts/{}", self.worker);
        let path = path.replace("SCRIPT", &script).replace("WORKERS", &account);
        match body {
            Body::None => api.try_ask(method, &path, "application/json", b""),
            Body::Json(value) => api.try_ask(method, &path, "application/json", value.to_string().as_bytes()),
            Body::Text(text) => api.try_ask(method, &path, "application/json", text.as_bytes()),
            Body::Form(form) => api.try_form(method, &path, &form),
        }
    }

    fn request(&self) -> (&'static str, String, Body) {
        let worker = &self.worker;
        let list = |items: &[&str], key: &str| items.iter().map(|item| json!({key: item})).collect::<Value>();
        let (method, path, body) = match &self.act {
            Act::Upload(upload) => match upload.then {
                Then::Deploy => ("PUT", "SCRIPT", Body::Form(upload.form())),
                Then::Keep => ("POST", "SCRIPT/versions", Body::Form(upload.form())),
            },
            Act::Deploy(shares) => {
                let share =
                    |(id, percentage): &(String, f64)| json!({"version_id": id, "percentage": percentage});
                let versions: Value = shares.iter().map(share).collect();
                let body = json!({"strategy": "percentage", "versions": versions});
                ("POST", "SCRIPT/deployments", Body::Json(body))
            }
            Act::Secrets(changing, changes) => return secrets(*changing, changes, worker),
            Act::Routes(routes) => ("PUT", "SCRIPT/routes", Body::Json(list(routes, "pattern"))),
            Act::Domains(domains) => {
                let body = json!({"override_scope": true, "origins": list(domains, "hostname")});
                ("PUT", "SCRIPT/domains/records", Body::Json(body))
            }
            Act::Schedules(crons) => ("PUT", "SCRIPT/schedules", Body::Json(list(crons, "cron"))),
            Act::Tags(tags) => ("PATCH", "SCRIPT/script-settings", Body::Json(json!({"tags": tags}))),
            Act::CreateTail => ("POST", "SCRIPT/tails", Body::Json(json!({"filters": []}))),
            Act::DeleteTail(id) => return ("DELETE", format!("SCRIPT/tails/{id}"), Body::None),
            Act::Delete(kind) => {
                return ("DELETE", format!("WORKERS/{kind}/{worker}?force=true"), Body::None);
            }
            Act::Read(what) => return ("GET", format!("SCRIPT/{what}"), Body::None),
            Act::Garbage(method, what) => {
                return (*method, format!("SCRIPT/{what}"), Body::Text("{\"cron\":"));
            }
            Act::Unknown => ("PATCH", "SCRIPT/nothing", Body::None),
        };
        (method, path.to_owned(), body)
    }
}

enum Body {
    None,
    Json(Value),
    Text(&'static str),
    Form(Vec<u8>),
}

fn secrets(
    changing: Changing,
    changes: &[(&'static str, Option<String>)],
    worker: &str,
) -> (&'static str, String, Body) {
    let texts: Map<String, Value> = changes
        .iter()
        .map(|(name, text)| {
            let text = text.as_ref().map(|text| json!({"name": name, "text": text, "type": "secret_text"}));
            ((*name).to_owned(), text.unwrap_or_default())
        })
        .collect();
    let first = changes.first().map_or("", |(name, _)| name);
    match changing {
        Changing::Put => ("PUT", "SCRIPT/secrets".to_owned(), Body::Json(texts[first].clone())),
        Changing::Delete => ("DELETE", format!("SCRIPT/secrets/{first}?url_encoded=true"), Body::None),
        Changing::Bulk => ("PATCH", "SCRIPT/secrets-bulk".to_owned(), Body::Json(json!({"secrets": texts}))),
        Changing::Latest => {
            ("PATCH", format!("WORKERS/workers/{worker}/versions/latest"), Body::Json(json!({"env": texts})))
        }
    }
}

impl Upload {
    fn form(&self) -> Vec<u8> {
        let mut bindings: Vec<Value> =
            self.bindings.iter().map(|(name, bind)| bind.asked_for(name)).collect();
        match self.flaw {
            Flaw::NoForm => return b"this is no form".to_vec(),
            Flaw::BindingTwice => bindings.extend([
                json!({"name": "TWICE", "type": "json", "json": 1}),
                json!({"name": "TWICE", "type": "plain_text", "text": "2"}),
            ]),
            Flaw::NotYet => bindings.push(json!({"name": "DB", "type": "d1", "id": "x"})),
            _ => {}
        }
        let main = if self.flaw == Flaw::NoMain { "other.js" } else { "index.js" };
        let mut metadata = json!({"main_module": main, "compatibility_date": "2026-01-01", "bindings": bindings,
                                  "keep_bindings": self.keeps});
        if let Some(tags) = &self.tags {
            metadata["tags"] = tags.clone();
        }
        let source = self.source();
        let kind = if self.flaw == Flaw::UnknownType { "image/png" } else { "application/javascript+module" };
        let module = ("index.js", kind, source.as_bytes());
        let modules = if self.flaw == Flaw::ModuleTwice { vec![module, module] } else { vec![module] };
        let form = form(&metadata, &modules);
        if self.flaw != Flaw::NoMetadata {
            return form;
        }
        String::from_utf8(form)
            .unwrap()
            .replace("name=\"metadata\"; filename=\"metadata\"", "name=\"x.json\"")
            .into()
    }

    fn source(&self) -> String {
        match self.flaw {
            Flaw::Syntax => "export default {".to_owned(),
            Flaw::Throws => "throw new Error('too early')".to_owned(),
            Flaw::NoHandlers => "export default {}".to_owned(),
            _ => format!(
                "export default {{ async fetch(request, {{ NEXT, ...env }}) {{
                   const asks = NEXT && new URL(request.url).pathname !== '/leaf';
                   const next = asks ? await NEXT.fetch('http://next/leaf').then((r) => r.json()).catch(() => 'gone') : null;
                   return Response.json({{ mark: {}, env, next }});
                 }} }};",
                self.mark
            ),
        }
    }
}

impl Bind {
    fn asked_for(&self, name: &str) -> Value {
        match self {
            Self::Secret(text) => json!({"name": name, "type": "secret_text", "text": text}),
            Self::Inherit(from) => json!({"name": name, "type": "inherit", "old_name": from}),
            shown => shown.shown(name),
        }
    }

    /// As the API shows it.
    pub(super) fn shown(&self, name: &str) -> Value {
        match self {
            Self::Plain(text) => json!({"name": name, "type": "plain_text", "text": text}),
            Self::Json(value) => json!({"name": name, "type": "json", "json": value}),
            Self::Secret(_) => json!({"name": name, "type": "secret_text"}),
            Self::Service(worker) => json!({"name": name, "type": "service", "service": worker}),
            Self::Inherit(_) => panic!("no version has it"),
        }
    }

    /// The word by which clients ask to keep it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Plain(_) => "plain_text",
            Self::Json(_) => "json",
            Self::Secret(_) => "secret_text",
            Self::Service(_) => "service",
            Self::Inherit(_) => "inherit",
        }
    }
}
