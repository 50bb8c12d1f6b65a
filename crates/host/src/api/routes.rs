//! Where a worker answers: patterns of URLs, and whole host names.

use std::rc::Rc;

use mote_store::{Route, RouteKind, Store};
use serde_json::{Value, json};

use super::{Api, Call, Refusal, auth::Caller, document, now};
use crate::{gateway::RoutePattern, notices::Change};

/// Routes that one worker may have.
const ROUTES_MAX: usize = 1_000;

impl Api {
    /// Replaces the routes of a worker.
    pub(super) async fn put_routes(self: &Rc<Self>, call: Call<'_>, name: &str) -> Result<Value, Refusal> {
        let by = (call.account.to_owned(), call.caller.actor.clone());
        let said = document(call.body).await?;
        let patterns = patterns(&said, "pattern")?;
        let mut routes: Vec<Route> = Vec::new();
        for written in patterns {
            let pattern = RoutePattern::parse(written)
                .map_err(|error| Refusal::invalid(format!("the route `{written}`: {error}")))?;
            let normal = pattern.to_string();
            if routes.iter().any(|route| route.normal == normal) {
                return Err(Refusal::invalid(format!("the route `{written}` is there twice")));
            }
            routes.push(Route { normal, written: written.to_owned() });
        }
        let shown: Value = routes
            .iter()
            .map(|route| json!({"id": route.normal, "pattern": route.written, "script": name}))
            .collect();
        self.set_routes(by, name, RouteKind::Route, routes).await?;
        Ok(shown)
    }

    /// Replaces the custom domains of a worker.
    pub(super) async fn put_domains(self: &Rc<Self>, call: Call<'_>, name: &str) -> Result<Value, Refusal> {
        let by = (call.account.to_owned(), call.caller.actor.clone());
        let said = document(call.body).await?;
        let domains = domains(said.get("origins").unwrap_or(&Value::Null))?;
        let shown =
            domains.iter().map(|domain| json!({"hostname": domain.written, "service": name})).collect();
        self.set_routes(by, name, RouteKind::Domain, domains).await?;
        Ok(shown)
    }

    /// What [`Self::put_domains`] would change. Nobody else's domain is ever taken over, so nothing is asked before.
    pub(super) async fn domain_changes(&self, call: Call<'_>) -> Result<Value, Refusal> {
        let said = document(call.body).await?;
        let added: Vec<Value> =
            domains(&said)?.iter().map(|domain| json!({"hostname": domain.written})).collect();
        Ok(json!({"added": added, "removed": [], "updated": [], "conflicting": []}))
    }

    /// The routes that a caller may see, for a client that looks for conflicts before it asks.
    pub(super) fn all_routes(&self, caller: &Caller) -> Value {
        let routes = self.deployed.routes(caller.account.as_deref());
        routes
            .iter()
            .map(|(route, script)| json!({"id": route, "pattern": route, "script": script}))
            .collect()
    }

    async fn set_routes(
        self: &Rc<Self>,
        (account, actor): (String, String),
        name: &str,
        kind: RouteKind,
        routes: Vec<Route>,
    ) -> Result<(), Refusal> {
        self.check_not_taken(name)?;
        let worker = name.to_owned();
        let change = Change {
            change: match kind {
                RouteKind::Route => "routes",
                RouteKind::Domain => "domains",
            },
            account: account.clone(),
            worker: worker.clone(),
            version: None,
            by: actor.clone(),
            detail: format!("{} of them", routes.len()),
        };
        let set = move |store: &Store| store.set_routes(&account, &worker, kind, &routes, (&actor, now()));
        self.commit(name, None, set, |()| change).await
    }
}

/// The zone that a client asks for by its name.
pub(super) fn zones(query: &str) -> Value {
    let asked = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "name");
    asked.map(|(_, name)| json!({"id": name, "name": name, "status": "active"})).into_iter().collect()
}

/// The texts in a list of them, or of objects that hold them.
fn patterns<'a>(said: &'a Value, key: &str) -> Result<Vec<&'a str>, Refusal> {
    let said = said.as_array().ok_or_else(|| Refusal::invalid("the body must be a list"))?;
    if said.len() > ROUTES_MAX {
        return Err(Refusal::too_much(format!("a worker may have {ROUTES_MAX} routes")));
    }
    let text = |item: &'a Value| item.as_str().or_else(|| item.get(key).and_then(Value::as_str));
    said.iter()
        .map(|item| text(item).ok_or_else(|| Refusal::invalid(format!("an item of the list has no `{key}`"))))
        .collect()
}

fn domains(said: &Value) -> Result<Vec<Route>, Refusal> {
    let mut domains: Vec<Route> = Vec::new();
    for written in patterns(said, "hostname")? {
        let pattern = RoutePattern::parse(&format!("{written}/*"));
        if written.contains(['*', '/', ':']) || pattern.is_err() {
            return Err(Refusal::invalid(format!(
                "`{written}` is no host name: a custom domain is one whole name, without wildcards, port and path"
            )));
        }
        let normal = written.trim_end_matches('.').to_ascii_lowercase();
        if !domains.iter().any(|domain| domain.normal == normal) {
            domains.push(Route { normal, written: written.to_owned() });
        }
    }
    Ok(domains)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_custom_domain_is_a_whole_host_name() {
        let found = domains(&json!([{"hostname": "Shop.Example.com"}, "shop.example.com"])).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].normal, "shop.example.com");
        for wrong in ["*.example.com", "example.com/a", "example.com:80", "", "a b.example"] {
            assert!(domains(&json!([wrong])).is_err(), "{wrong}");
        }
        assert!(domains(&json!([{"pattern": "example.com"}])).is_err());
        assert!(domains(&json!(vec!["a.example"; 1_001])).is_err());
    }
}
