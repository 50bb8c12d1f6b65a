//! What each request needs: one table for the whole API, looked at before a body is read.
//!
//! Why a table beside the handlers: a route that is forgotten here needs the node's own token. Forgetting shuts a door; it
//! never opens one.

use http::Method;
use mote_store::Scope;

use super::{auth::Caller, envelope::Refusal};

/// What a caller must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// The node's own token.
    Node,
    /// Any token. The answer has nothing that this caller may not see.
    Any,
    /// Any token of the account that the path names.
    Account,
    /// A token with this scope: of the account that the path names, if it names one.
    Scope(Scope),
}

const NODE: Need = Need::Node;
const ANY: Need = Need::Any;
const ACCOUNT: Need = Need::Account;
const WORKERS_READ: Need = Need::Scope(Scope::WorkersRead);
const WORKERS_WRITE: Need = Need::Scope(Scope::WorkersWrite);
const KV_READ: Need = Need::Scope(Scope::KvRead);
const KV_WRITE: Need = Need::Scope(Scope::KvWrite);
const TAIL_READ: Need = Need::Scope(Scope::TailRead);
const ACCOUNT_WRITE: Need = Need::Scope(Scope::AccountWrite);

/// The routes. `*` is one segment of the path, `**` all that follow; the first line that fits counts.
///
/// `POST accounts/*/workers/assets/upload` is not here: it has a token of its own, for the files of one list.
#[rustfmt::skip]
const ROUTES: &[(&str, &str, Need)] = &[
    ("GET", "user", ANY),
    ("GET", "user/tokens/verify", ANY),
    ("GET", "memberships", ANY),
    // There are no zones: the answer is the question.
    ("GET", "zones", ANY),
    ("GET", "zones/*/workers/routes", WORKERS_READ),

    // Of other accounts' workers, and of the node, it says nothing to an account.
    ("GET", "mote/top", WORKERS_READ),

    ("GET", "accounts", ANY),
    ("POST", "accounts", NODE),
    ("GET", "accounts/*", ACCOUNT),
    ("DELETE", "accounts/*", NODE),
    ("GET", "accounts/*/audit_logs", ACCOUNT_WRITE),

    ("GET", "accounts/*/tokens/verify", ACCOUNT),
    ("GET", "accounts/*/tokens/permission_groups", ACCOUNT),
    ("GET", "accounts/*/tokens", ACCOUNT_WRITE),
    ("POST", "accounts/*/tokens", ACCOUNT_WRITE),
    ("GET", "accounts/*/tokens/*", ACCOUNT_WRITE),
    ("DELETE", "accounts/*/tokens/*", ACCOUNT_WRITE),
    ("PUT", "accounts/*/tokens/*/value", ACCOUNT_WRITE),

    ("GET", "accounts/*/workers/scripts", WORKERS_READ),
    ("GET", "accounts/*/workers/services/*", WORKERS_READ),
    ("DELETE", "accounts/*/workers/services/*", WORKERS_WRITE),
    ("GET", "accounts/*/workers/subdomain", WORKERS_READ),
    ("GET", "accounts/*/workers/tails/by-consumer/*", WORKERS_READ),
    ("GET", "accounts/*/workers/durable_objects/namespaces", WORKERS_READ),
    ("GET", "accounts/*/workers/workers/*", WORKERS_READ),
    ("PATCH", "accounts/*/workers/workers/*/versions/latest", WORKERS_WRITE),

    ("PUT", "accounts/*/workers/scripts/*", WORKERS_WRITE),
    ("DELETE", "accounts/*/workers/scripts/*", WORKERS_WRITE),
    ("GET", "accounts/*/workers/scripts/*/versions", WORKERS_READ),
    ("POST", "accounts/*/workers/scripts/*/versions", WORKERS_WRITE),
    ("GET", "accounts/*/workers/scripts/*/versions/*", WORKERS_READ),
    ("GET", "accounts/*/workers/scripts/*/deployments", WORKERS_READ),
    ("POST", "accounts/*/workers/scripts/*/deployments", WORKERS_WRITE),
    ("GET", "accounts/*/workers/scripts/*/settings", WORKERS_READ),
    ("GET", "accounts/*/workers/scripts/*/script-settings", WORKERS_READ),
    ("PATCH", "accounts/*/workers/scripts/*/script-settings", WORKERS_WRITE),
    ("GET", "accounts/*/workers/scripts/*/secrets", WORKERS_READ),
    ("PUT", "accounts/*/workers/scripts/*/secrets", WORKERS_WRITE),
    ("DELETE", "accounts/*/workers/scripts/*/secrets/*", WORKERS_WRITE),
    ("PATCH", "accounts/*/workers/scripts/*/secrets-bulk", WORKERS_WRITE),
    ("GET", "accounts/*/workers/scripts/*/subdomain", WORKERS_READ),
    ("POST", "accounts/*/workers/scripts/*/subdomain", WORKERS_WRITE),
    ("GET", "accounts/*/workers/scripts/*/references", WORKERS_READ),
    ("PUT", "accounts/*/workers/scripts/*/routes", WORKERS_WRITE),
    ("POST", "accounts/*/workers/scripts/*/domains/changeset", WORKERS_WRITE),
    ("PUT", "accounts/*/workers/scripts/*/domains/records", WORKERS_WRITE),
    ("GET", "accounts/*/workers/scripts/*/schedules", WORKERS_READ),
    ("PUT", "accounts/*/workers/scripts/*/schedules", WORKERS_WRITE),
    ("POST", "accounts/*/workers/scripts/*/assets-upload-session", WORKERS_WRITE),

    // Whoever follows a log makes its tail and ends it.
    ("GET", "accounts/*/workers/scripts/*/tails", TAIL_READ),
    ("POST", "accounts/*/workers/scripts/*/tails", TAIL_READ),
    ("GET", "accounts/*/workers/scripts/*/tails/**", TAIL_READ),
    ("DELETE", "accounts/*/workers/scripts/*/tails/*", TAIL_READ),

    // Of events that are over there is as much to see as of those that happen.
    ("GET", "accounts/*/workers/scripts/*/logs", TAIL_READ),
    ("POST", "accounts/*/workers/observability/telemetry/query", TAIL_READ),

    // A list of keys too long for a URL: it is asked for by POST, and changes nothing.
    ("POST", "accounts/*/storage/kv/namespaces/*/bulk/get", KV_READ),
    ("GET", "accounts/*/storage/kv/**", KV_READ),
    ("POST", "accounts/*/storage/kv/**", KV_WRITE),
    ("PUT", "accounts/*/storage/kv/**", KV_WRITE),
    ("PATCH", "accounts/*/storage/kv/**", KV_WRITE),
    ("DELETE", "accounts/*/storage/kv/**", KV_WRITE),
];

/// Whether this caller may ask for this. What it refuses of another account is refused in the same words, whether there is
/// such an account, or such a thing in it, or not.
pub(super) fn check(caller: &Caller, method: &Method, path: &[&str]) -> Result<(), Refusal> {
    let Some(own) = &caller.account else { return Ok(()) };
    if let ["accounts", account, ..] = path
        && account != own
    {
        return Err(Refusal::other_account());
    }
    match need(method, path) {
        Need::Any | Need::Account => Ok(()),
        Need::Scope(scope) if caller.scopes.allow(scope) => Ok(()),
        Need::Scope(scope) => {
            let message = format!("the token {} has not the scope `{scope}`", caller.actor);
            Err(Refusal::not_allowed(&message))
        }
        Need::Node => {
            let path: String = path.join("/").chars().take(200).collect();
            let message = format!(
                "no token of an account opens {method} {path}: if Mote has it, it is for the node's own"
            );
            Err(Refusal::not_allowed(&message))
        }
    }
}

/// What a request needs.
pub(super) fn need(method: &Method, path: &[&str]) -> Need {
    let found = ROUTES.iter().find(|(of, pattern, _)| method.as_str() == *of && fits(pattern, path));
    found.map_or(Need::Node, |(_, _, need)| *need)
}

fn fits(pattern: &str, path: &[&str]) -> bool {
    let mut path = path.iter();
    for wanted in pattern.split('/') {
        let given = path.next();
        match (wanted, given) {
            ("**", given) => return given.is_some_and(|given| !given.is_empty()),
            ("*", Some(given)) if !given.is_empty() => {}
            (wanted, Some(given)) if wanted == *given => {}
            _ => return false,
        }
    }
    path.next().is_none()
}

#[cfg(test)]
mod tests {
    use mote_store::Scopes;

    use super::*;

    fn needs(method: &Method, path: &str) -> Need {
        need(method, &path.split('/').collect::<Vec<_>>())
    }

    fn holder(scopes: Scopes) -> Caller {
        Caller {
            id: "t1".to_owned(),
            actor: "ci (t1)".to_owned(),
            account: Some("acme".to_owned()),
            scopes,
            expires_ms: None,
        }
    }

    /// A path that a pattern means.
    fn sample(pattern: &str) -> String {
        pattern.replacen('*', "acme", 1).replace("**", "a/b").replace('*', "thing")
    }

    #[test]
    fn what_is_not_in_the_table_needs_the_nodes_token() {
        for (method, path) in [
            (Method::GET, ""),
            (Method::GET, "nonsense"),
            (Method::POST, "user"),
            (Method::HEAD, "accounts"),
            (Method::GET, "accounts/acme/d1/database"),
            (Method::GET, "accounts/acme/workers"),
            (Method::GET, "accounts/acme/workers/scripts/shop/nonsense"),
            (Method::GET, "accounts/acme/workers/scripts/shop/secrets/KEY"),
            (Method::PATCH, "accounts/acme/workers/scripts/shop"),
            (Method::GET, "accounts/acme/workers/scripts//versions"),
            (Method::GET, "accounts/acme/workers/scripts/shop/versions/v1/more"),
            (Method::GET, "accounts/acme/storage/kv"),
            (Method::POST, "zones/example.com/workers/routes"),
            (Method::from_bytes(b"BREW").unwrap(), "accounts/acme/workers/scripts"),
        ] {
            assert_eq!(needs(&method, path), Need::Node, "{method} {path}");
            let all = holder(Scopes::ALL);
            let refused = check(&all, &method, &path.split('/').collect::<Vec<_>>()).unwrap_err();
            assert_eq!((refused.status.as_u16(), refused.code), (403, 9_109), "{method} {path}");
        }
    }

    #[test]
    fn the_first_line_that_fits_counts() {
        let of = |method: Method, path: &str| needs(&method, path);
        assert_eq!(of(Method::GET, "accounts/acme/tokens/verify"), Need::Account);
        assert_eq!(of(Method::GET, "accounts/acme/tokens/0123"), ACCOUNT_WRITE);
        assert_eq!(of(Method::POST, "accounts/acme/storage/kv/namespaces/n/bulk/get"), KV_READ);
        assert_eq!(of(Method::POST, "accounts/acme/storage/kv/namespaces/n/bulk/delete"), KV_WRITE);
        for (index, (method, pattern, need)) in ROUTES.iter().enumerate() {
            let found = needs(&method.parse().unwrap(), &sample(pattern));
            assert_eq!(found, *need, "line {index}, {method} {pattern}, is hidden by another one");
        }
    }

    #[test]
    fn each_route_is_open_to_its_scope_and_to_no_other() {
        for (method, pattern, need) in ROUTES {
            let (method, path) = (method.parse().unwrap(), sample(pattern));
            let path: Vec<&str> = path.split('/').collect();
            for held in Scope::ALL {
                let scopes: Scopes = [held].into_iter().collect();
                let may = match need {
                    Need::Any | Need::Account => true,
                    Need::Node => false,
                    Need::Scope(scope) => scopes.allow(*scope),
                };
                assert_eq!(check(&holder(scopes), &method, &path).is_ok(), may, "{held}: {method} {pattern}");
            }
            let all_but_one = |scope| Scope::ALL.into_iter().filter(move |held| *held != scope);
            if let Need::Scope(scope @ (Scope::WorkersWrite | Scope::KvWrite)) = *need {
                let refused = check(&holder(all_but_one(scope).collect()), &method, &path).unwrap_err();
                assert!(refused.message.contains(scope.as_str()), "{}", refused.message);
            }
        }
    }

    #[test]
    fn another_accounts_things_are_all_refused_in_the_same_words() {
        let all = holder(Scopes::ALL);
        let mut refusals = Vec::new();
        for (method, pattern, _) in ROUTES {
            let path = sample(pattern);
            for other in ["acme2", "ACME", "acm", "", "%61cme", "a.b"] {
                let path = path.replacen("accounts/acme", &format!("accounts/{other}"), 1);
                let path: Vec<&str> = path.split('/').collect();
                if path.len() > 1 && path.first() == Some(&"accounts") {
                    refusals.push(check(&all, &method.parse().unwrap(), &path).unwrap_err());
                }
            }
        }
        let unknown = check(&all, &Method::GET, &["accounts", "acme2", "nonsense"]).unwrap_err();
        assert_eq!((unknown.status.as_u16(), unknown.code), (403, 10_000));
        assert!(refusals.len() > 200 && refusals.iter().all(|refusal| *refusal == unknown));
    }
}
