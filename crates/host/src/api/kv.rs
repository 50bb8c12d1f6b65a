//! KV namespaces: made, renamed, deleted, listed. What is in them is in [`pairs`] and [`bulk`].

mod bulk;
mod local;
mod pairs;

#[cfg(test)]
mod tests;

use std::{error::Error, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use http_body::Body;
use mote_store::{KvChange, KvError, KvInvalid, KvNamespace, KvNamespaceOrder, StoreError, TITLE_CHARS_MAX};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{
    Answer, Api,
    envelope::{self, OVER_QUOTA, Refusal, Reply},
    new_id, unknown,
};
use crate::kv::{At, Kv, Problem, Taking};

/// There is no such key.
const NO_KEY: u32 = 10_009;
/// There is no such namespace.
const NO_NAMESPACE: u32 = 10_013;
/// The title is taken.
const TITLE_TAKEN: u32 = 10_014;
/// The account has as many namespaces as it may have.
const TOO_MANY_NAMESPACES: u32 = 10_018;
/// Something is wrong with what was sent.
const INVALID: u32 = 10_033;
/// What was sent is too large.
const TOO_LARGE: u32 = 10_047;
/// A binding names a namespace that is not there.
const NO_BOUND_NAMESPACE: u32 = 10_041;

/// Namespaces of one page.
const PER_PAGE: usize = 20;
const PER_PAGE_MAX: usize = 1_000;
/// The most bytes that any call sends, and some more: whichever is too large for its call gets the words of that.
pub(super) const BODY_BYTES_MAX: usize = bulk::BULK_BYTES_MAX + (1 << 20);
/// The most bytes of a document that describes a namespace.
const NAMESPACE_BYTES_MAX: usize = 64 << 10;

/// A request to `storage/kv/namespaces`, whose sender may use this account.
pub(super) struct KvCall<'a, B> {
    pub(super) method: &'a Method,
    /// What follows `namespaces`, as it came: empty, or with a slash in front.
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: B,
}

/// A body of a request.
pub(super) trait Sent:
    Body<Data = Bytes, Error: Error + Send + Sync + 'static> + Send + 'static
{
}
impl<B: Body<Data = Bytes, Error: Error + Send + Sync + 'static> + Send + 'static> Sent for B {}

/// The calls of one account.
struct Calls<'a> {
    kv: &'a Arc<Kv>,
    account: &'a str,
    /// Who is said to have done what is done.
    actor: &'a str,
}

/// Answers a call.
pub(super) async fn answer<B: Sent>(
    kv: &Arc<Kv>,
    (account, actor): (&str, &str),
    call: KvCall<'_, B>,
) -> Result<Reply, Refusal> {
    let calls = Calls { kv, account, actor };
    let path = call.path.trim_start_matches('/');
    let (id, rest) = path.split_once('/').unwrap_or((path, ""));
    match (call.method, id) {
        (&Method::GET, "") => return calls.list(call.query).await,
        (&Method::POST, "") => return calls.create(call.body).await,
        (_, "") => return Err(unknown(call.method, "storage/kv/namespaces")),
        (_, _) => {}
    }
    let namespace = calls.namespace(id).await?;
    let (what, key) = rest.split_once('/').unwrap_or((rest, ""));
    match (call.method.as_str(), what, key) {
        ("GET", "", _) => Ok(described(&namespace).into()),
        ("PUT", "", _) => calls.rename(id, call.body).await,
        ("DELETE", "", _) => calls.delete(id).await,
        ("GET", "keys", "") => calls.keys(id, call.query).await,
        ("GET", "metadata", key) => calls.metadata(id, key).await,
        ("GET", "values", key) => calls.value(id, key).await,
        ("PUT", "values", key) => calls.put(id, key, call.query, call.headers, call.body).await,
        ("DELETE", "values", key) => calls.delete_value(id, key).await,
        ("PUT", "bulk", "") => calls.put_many(id, call.body).await,
        ("DELETE", "bulk", "") | ("POST", "bulk", "delete") => calls.delete_many(id, call.body).await,
        ("POST", "bulk", "get") => calls.many(id, call.body).await,
        _ => Err(unknown(call.method, &format!("storage/kv/namespaces/{path}"))),
    }
}

impl Api {
    /// The namespace that a version's binding names must be there, and its account's.
    pub(super) async fn check_namespace(
        &self,
        account: &str,
        binding: &str,
        id: &str,
    ) -> Result<(), Refusal> {
        let calls = Calls { kv: &self.deployed.kv, account, actor: "" };
        let found = calls.namespace(id).await.map_err(|refusal| match refusal.code {
            NO_NAMESPACE => Refusal {
                code: NO_BOUND_NAMESPACE,
                ..Refusal::invalid(format!(
                    "KV namespace '{id}' not found, which the binding `{binding}` names: make one with `wrangler kv \
                     namespace create <title>` and put its id into the configuration, or leave the id out"
                ))
            },
            _ => refusal,
        });
        found.map(drop)
    }
}

impl Calls<'_> {
    async fn namespace(&self, id: &str) -> Result<KvNamespace, Refusal> {
        let (account, id) = (self.account.to_owned(), id.to_owned());
        Ok(self.kv.read(move |store| store.namespace(&account, &id)).await?)
    }

    async fn list(&self, query: &str) -> Result<Reply, Refusal> {
        let asked = Paging::parse(query)?;
        let (account, order) = (self.account.to_owned(), asked.order());
        let (page, per_page) = (asked.page, asked.per_page);
        let part = ((page - 1).saturating_mul(per_page), per_page);
        let (found, total) = self.kv.read(move |store| store.namespaces(&account, order, part)).await?;
        let info = json!({"page": page, "per_page": per_page, "count": found.len(), "total_count": total,
                          "total_pages": total.div_ceil(per_page)});
        Ok(Reply::Page { result: found.iter().map(described).collect(), info })
    }

    async fn create<B: Sent>(&self, body: B) -> Result<Reply, Refusal> {
        let said = self.namespace_document(body).await?;
        let title = title(&said)?;
        if said.get("jurisdiction").is_some_and(|jurisdiction| !jurisdiction.is_null()) {
            return Err(Refusal::not_yet("jurisdictions of KV namespaces"));
        }
        let id = new_id()?.replace('-', "");
        self.change(KvChange::CreateNamespace {
            id: id.clone(),
            account: self.account.to_owned(),
            title,
            who: self.actor.to_owned(),
        })
        .await?;
        Ok(described(&self.namespace(&id).await?).into())
    }

    async fn rename<B: Sent>(&self, id: &str, body: B) -> Result<Reply, Refusal> {
        let title = title(&self.namespace_document(body).await?)?;
        self.change(KvChange::RenameNamespace {
            account: self.account.to_owned(),
            id: id.to_owned(),
            title,
            who: self.actor.to_owned(),
        })
        .await?;
        Ok(described(&self.namespace(id).await?).into())
    }

    async fn delete(&self, id: &str) -> Result<Reply, Refusal> {
        let (account, id, who) = (self.account.to_owned(), id.to_owned(), self.actor.to_owned());
        self.change(KvChange::DeleteNamespace { account, id, who }).await?;
        Ok(Value::Null.into())
    }

    fn at<'a>(&'a self, namespace: &'a str) -> At<'a> {
        At { account: self.account, namespace }
    }

    async fn change(&self, change: KvChange) -> Result<(), Refusal> {
        Ok(self.kv.change(change, None).await?)
    }

    async fn namespace_document<B: Sent>(&self, body: B) -> Result<Value, Refusal> {
        let too_large = |_| Problem::too_large(format!("the body has more than {NAMESPACE_BYTES_MAX} bytes"));
        let (bytes, _held) = self.taking(NAMESPACE_BYTES_MAX, 1, too_large).take(body).await?;
        serde_json::from_slice(&bytes).map_err(|error| invalid(format!("the body is no JSON: {error}")))
    }

    fn taking(&self, bytes_max: usize, times: usize, too_large: fn(u64) -> Problem) -> Taking<'_> {
        Taking { memory: &self.kv.api, owner: self.account, bytes_max, times, too_large }
    }
}

fn title(said: &Value) -> Result<String, Refusal> {
    let title = said.get("title").and_then(Value::as_str).unwrap_or_default();
    match title.chars().count() {
        0 => Err(invalid("a namespace has a `title`")),
        chars if chars > TITLE_CHARS_MAX => {
            Err(invalid(format!("a title has at most {TITLE_CHARS_MAX} characters, and this one {chars}")))
        }
        _ => Ok(title.to_owned()),
    }
}

fn described(namespace: &KvNamespace) -> Value {
    json!({"id": namespace.id, "title": namespace.title, "supports_url_encoding": true})
}

/// Which namespaces are asked for.
struct Paging {
    page: usize,
    per_page: usize,
    by_id: bool,
    descending: bool,
}

impl Paging {
    fn parse(query: &str) -> Result<Self, Refusal> {
        let mut asked = Self { page: 1, per_page: PER_PAGE, by_id: false, descending: false };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let number = || value.parse::<usize>().ok().filter(|number| *number > 0);
            match (name.as_ref(), value.as_ref()) {
                ("page", _) => asked.page = number().ok_or_else(|| invalid("`page` counts from 1"))?,
                ("per_page", _) => {
                    let per_page = number().filter(|number| *number <= PER_PAGE_MAX);
                    asked.per_page =
                        per_page.ok_or_else(|| invalid(format!("`per_page` is 1 to {PER_PAGE_MAX}")))?;
                }
                ("order", "id") => asked.by_id = true,
                ("order", "title") => asked.by_id = false,
                ("order", _) => return Err(invalid("`order` is `id` or `title`")),
                ("direction", "asc") => asked.descending = false,
                ("direction", "desc") => asked.descending = true,
                ("direction", _) => return Err(invalid("`direction` is `asc` or `desc`")),
                _ => {}
            }
        }
        Ok(asked)
    }

    fn order(&self) -> KvNamespaceOrder {
        match (self.by_id, self.descending) {
            (false, false) => KvNamespaceOrder::Title,
            (false, true) => KvNamespaceOrder::TitleDescending,
            (true, false) => KvNamespaceOrder::Id,
            (true, true) => KvNamespaceOrder::IdDescending,
        }
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal { code: INVALID, ..Refusal::invalid(message) }
}

fn no_key() -> Refusal {
    Refusal { status: StatusCode::NOT_FOUND, code: NO_KEY, message: "get: 'key not found'".to_owned() }
}

impl From<Problem> for Refusal {
    fn from(Problem { status, message }: Problem) -> Self {
        let code = if status == StatusCode::PAYLOAD_TOO_LARGE { TOO_LARGE } else { INVALID };
        Self { status, code, message }
    }
}

impl From<KvInvalid> for Refusal {
    fn from(invalid: KvInvalid) -> Self {
        Problem::from(invalid).into()
    }
}

impl From<KvError> for Refusal {
    fn from(error: KvError) -> Self {
        let code = match error {
            KvError::NoNamespace => NO_NAMESPACE,
            KvError::TitleTaken => TITLE_TAKEN,
            KvError::TooManyNamespaces => TOO_MANY_NAMESPACES,
            KvError::OverQuota { .. } => OVER_QUOTA,
            KvError::TooLarge { .. } => TOO_LARGE,
            KvError::BadCursor => INVALID,
            // Whoever has the node's token may know what is wrong with it.
            KvError::Store(error) if !matches!(error, StoreError::Full) => return error.into(),
            KvError::Store(_) | KvError::Busy | KvError::Stopped => 10_002,
        };
        Self { code, ..Problem::from(error).into() }
    }
}
