//! What a new token is to be allowed, in Mote's words or in Cloudflare's.
//!
//! What cannot be kept is refused: a restriction that is left out would make a token that may more than its maker thinks.

use chrono::DateTime;
use mote_store::{Scope, Scopes};
use serde_json::{Map, Value, json};

use super::{Refusal, auth::Caller, config::text, envelope::time};

/// Policies that one token may have, and permission groups that one policy may have.
const LIST_MAX: usize = 50;
/// What an account is called in a policy's `resources`, before its id.
const RESOURCE: &str = "com.cloudflare.api.account.";

/// Cloudflare's name for a scope.
const fn group_name(scope: Scope) -> &'static str {
    match scope {
        Scope::WorkersRead => "Workers Scripts Read",
        Scope::WorkersWrite => "Workers Scripts Write",
        Scope::KvRead => "Workers KV Storage Read",
        Scope::KvWrite => "Workers KV Storage Write",
        Scope::TailRead => "Workers Tail Read",
        Scope::AccountWrite => "Account API Tokens Write",
    }
}

/// A scope as a permission group: its id is Mote's name for it.
fn group(scope: Scope) -> Value {
    json!({"id": scope.as_str(), "name": group_name(scope)})
}

/// All permission groups.
pub(super) fn groups() -> Value {
    Scope::ALL.into_iter().map(group).collect()
}

/// The policies that say what scopes say.
pub(super) fn policies(account: &str, token: &str, scopes: Scopes) -> Value {
    json!([{
        "id": token, "effect": "allow", "resources": {format!("{RESOURCE}{account}"): "*"},
        "permission_groups": scopes.iter().map(group).collect::<Vec<_>>(),
    }])
}

/// The scopes that are asked for, as `scopes` or as `policies`.
pub(super) fn scopes_of(said: &Map<String, Value>, account: &str) -> Result<Scopes, Refusal> {
    let scopes = match (said.get("scopes"), said.get("policies")) {
        (Some(_), Some(_)) => {
            return Err(Refusal::invalid("say either `scopes` or `policies`, not both"));
        }
        (Some(scopes), None) => {
            let scope = |item: &Value| match item.as_str() {
                Some(name) => name
                    .parse()
                    .map_err(|error: mote_store::UnknownScope| Refusal::invalid(error.to_string())),
                None => Err(Refusal::invalid("`scopes` is a list of texts")),
            };
            list(scopes, "scopes")?.iter().map(scope).collect::<Result<Scopes, _>>()?
        }
        (None, Some(policies)) => {
            let mut all = Vec::new();
            for policy in list(policies, "policies")? {
                all.extend(of_policy(policy, account)?);
            }
            all.into_iter().collect()
        }
        (None, None) => Scopes::default(),
    };
    if scopes.is_empty() {
        let message = format!("a token has `scopes`, some of: {}", Scopes::ALL);
        return Err(Refusal::invalid(message));
    }
    Ok(scopes)
}

fn list<'a>(said: &'a Value, key: &str) -> Result<&'a [Value], Refusal> {
    let list = said.as_array().ok_or_else(|| Refusal::invalid(format!("`{key}` must be a list")))?;
    if list.len() > LIST_MAX {
        return Err(Refusal::too_much(format!("`{key}` may have {LIST_MAX} items")));
    }
    Ok(list)
}

fn of_policy(policy: &Value, account: &str) -> Result<Vec<Scope>, Refusal> {
    let policy = policy.as_object().ok_or_else(|| Refusal::invalid("a policy is a JSON object"))?;
    if text(policy, "effect") != Some("allow") {
        return Err(Refusal::invalid("the only `effect` of a policy is \"allow\""));
    }
    let resource = format!("{RESOURCE}{account}");
    let whole = |(key, value): (&String, &Value)| *key == resource && value.as_str() == Some("*");
    let resources = policy.get("resources").and_then(Value::as_object);
    if resources.is_some_and(|resources| resources.is_empty() || !resources.iter().all(whole)) {
        return Err(Refusal::invalid(format!(
            "the only `resources` of a policy are {{\"{resource}\": \"*\"}}"
        )));
    }
    let groups = list(policy.get("permission_groups").unwrap_or(&Value::Null), "permission_groups")?;
    groups.iter().map(of_group).collect()
}

fn of_group(group: &Value) -> Result<Scope, Refusal> {
    let (id, name) = (group.get("id").and_then(Value::as_str), group.get("name").and_then(Value::as_str));
    // Cloudflare's ids mean nothing here, so a name beside an id counts.
    let found = Scope::ALL.into_iter().find(|scope| match name {
        Some(name) => name == group_name(*scope),
        None => id == Some(scope.as_str()),
    });
    found.ok_or_else(|| {
        let shown: String = name.or(id).unwrap_or("without a name").chars().take(100).collect();
        Refusal::invalid(format!(
            "the permission group `{shown}` means nothing here; GET tokens/permission_groups lists those that do"
        ))
    })
}

/// From when on a new token opens nothing.
pub(super) fn expiry_of(said: &Map<String, Value>, now_ms: i64) -> Result<Option<i64>, Refusal> {
    for (key, what) in [("not_before", "tokens that begin later"), ("condition", "conditions of tokens")] {
        if said.get(key).is_some_and(|value| !value.is_null() && *value != json!({})) {
            return Err(Refusal::not_yet(what));
        }
    }
    let expires = match said.get("expires_on") {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok()),
    };
    let expires = expires.map(|time| time.timestamp_millis());
    match expires {
        Some(expires) if expires > now_ms => Ok(Some(expires)),
        Some(_) => Err(Refusal::invalid("`expires_on` is over")),
        None => Err(Refusal::invalid("`expires_on` is a time such as 2030-01-31T00:00:00Z")),
    }
}

/// Whether a caller may give somebody a token that may do this and lasts so long: nothing that goes beyond his own. Else who
/// may only manage tokens could make himself one that may do all, for ever.
pub(super) fn check_hands_on(
    caller: &Caller,
    scopes: Scopes,
    expires_ms: Option<i64>,
) -> Result<(), Refusal> {
    if caller.account.is_none() {
        return Ok(());
    }
    if let Some(missing) = scopes.iter().find(|scope| !caller.scopes.allow(*scope)) {
        let message = format!("a token gives on only what it has, and {} has not `{missing}`", caller.actor);
        return Err(Refusal::not_allowed(&message));
    }
    match (caller.expires_ms, expires_ms) {
        (Some(own), other) if other.is_none_or(|other| other > own) => {
            let message = format!(
                "a token gives on nothing that outlives it, and {} ends at {}: set `expires_on`",
                caller.actor,
                time(own)
            );
            Err(Refusal::not_allowed(&message))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(said: &Value) -> Result<String, String> {
        let scopes = scopes_of(said.as_object().unwrap(), "acme");
        scopes.map(|scopes| scopes.to_string()).map_err(|refusal| refusal.message)
    }

    #[test]
    fn scopes_and_policies_say_the_same() {
        let ours = json!({"scopes": ["tail:read", "workers:write"]});
        let theirs = json!({"policies": [
            {"effect": "allow", "resources": {"com.cloudflare.api.account.acme": "*"},
             "permission_groups": [{"id": "c8fed203ed3043cba015a93ad1616f1f", "name": "Workers Tail Read"}]},
            {"effect": "allow", "permission_groups": [{"id": "workers:write"}, {"name": "Workers Scripts Write"}]},
        ]});
        assert_eq!(scopes(&ours).unwrap(), "workers:write tail:read");
        assert_eq!(scopes(&theirs).unwrap(), "workers:write tail:read");
        for scope in Scope::ALL {
            let one: Scopes = [scope].into_iter().collect();
            let said = json!({"policies": policies("acme", "t1", one)});
            assert_eq!(scopes(&said).unwrap(), scope.as_str(), "what is shown can be sent again");
        }
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        let policy = |policy: Value| json!({"policies": [policy]});
        let groups = json!([{"name": "Workers Scripts Read"}]);
        for (said, expected) in [
            (json!({}), "some of: workers:read"),
            (json!({"scopes": []}), "some of: workers:read"),
            (json!({"policies": []}), "some of: workers:read"),
            (json!({"scopes": "kv:read"}), "must be a list"),
            (json!({"scopes": [1]}), "list of texts"),
            (json!({"scopes": ["kv:*"]}), "`kv:*` is no scope"),
            (json!({"scopes": vec!["kv:read"; 51]}), "50 items"),
            (json!({"scopes": ["kv:read"], "policies": []}), "not both"),
            (policy(json!("x")), "JSON object"),
            (policy(json!({"permission_groups": groups})), "`effect`"),
            (policy(json!({"effect": "deny", "permission_groups": groups})), "`effect`"),
            (policy(json!({"effect": "allow"})), "must be a list"),
            (
                policy(json!({"effect": "allow", "permission_groups": [{"name": "DNS Write"}]})),
                "`DNS Write` means nothing",
            ),
            (policy(json!({"effect": "allow", "permission_groups": [{}]})), "means nothing"),
            (
                policy(
                    json!({"effect": "allow", "permission_groups": [{"id": "kv:read", "name": "DNS Write"}]}),
                ),
                "`DNS Write` means nothing",
            ),
            (
                policy(json!({"effect": "allow", "permission_groups": groups,
                              "resources": {"com.cloudflare.api.account.other": "*"}})),
                "account.acme",
            ),
            (
                policy(json!({"effect": "allow", "permission_groups": groups,
                              "resources": {"com.cloudflare.api.account.acme": {"com.cloudflare.edge.worker.script.x": "*"}}})),
                "account.acme",
            ),
            (
                policy(json!({"effect": "allow", "permission_groups": groups, "resources": {}})),
                "account.acme",
            ),
        ] {
            let error = scopes(&said).unwrap_err();
            assert!(error.contains(expected), "{said}: {error}");
        }
    }

    #[test]
    fn a_token_ends_in_the_future_or_never() {
        let of = |said: Value| expiry_of(said.as_object().unwrap(), 1_000).map_err(|refusal| refusal.message);
        assert_eq!(of(json!({})), Ok(None));
        assert_eq!(of(json!({"expires_on": null, "condition": {}, "not_before": null})), Ok(None));
        assert_eq!(of(json!({"expires_on": "1970-01-01T00:00:01.001Z"})), Ok(Some(1_001)));
        assert_eq!(of(json!({"expires_on": "1970-01-01T02:00:00+01:00"})), Ok(Some(3_600_000)));
        for (said, expected) in [
            (json!({"expires_on": "1970-01-01T00:00:01Z"}), "is over"),
            (json!({"expires_on": "0000-01-01T00:00:00Z"}), "is over"),
            (json!({"expires_on": "tomorrow"}), "a time such as"),
            (json!({"expires_on": 1_900_000_000}), "a time such as"),
            (json!({"not_before": "2030-01-01T00:00:00Z"}), "begin later"),
            (json!({"condition": {"request_ip": {"in": ["192.0.2.0/24"]}}}), "conditions"),
        ] {
            let error = of(said.clone()).unwrap_err();
            assert!(error.contains(expected), "{said}: {error}");
        }
    }

    #[test]
    fn nobody_gives_on_more_than_he_has() {
        let caller = |account: Option<&str>, scopes: &str, expires_ms| Caller {
            id: "t1".to_owned(),
            actor: "boss (t1)".to_owned(),
            account: account.map(str::to_owned),
            scopes: scopes.parse().unwrap(),
            expires_ms,
        };
        let holder = |scopes, expires_ms| caller(Some("acme"), scopes, expires_ms);
        for (caller, scopes, expires_ms, may) in [
            (caller(None, "", None), "account:write", None, true),
            (holder("account:write kv:write", None), "kv:read account:write", None, true),
            (holder("account:write kv:write", None), "kv:read", Some(9), true),
            (holder("account:write", None), "workers:write", None, false),
            (holder("account:write kv:read", None), "kv:write", None, false),
            (holder("account:write", Some(9)), "account:write", Some(9), true),
            (holder("account:write", Some(9)), "account:write", Some(10), false),
            (holder("account:write", Some(9)), "account:write", None, false),
        ] {
            let hands_on = check_hands_on(&caller, scopes.parse().unwrap(), expires_ms);
            assert_eq!(hands_on.is_ok(), may, "{caller:?} {scopes} {expires_ms:?}");
        }
    }
}
