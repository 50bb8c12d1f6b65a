//! What Cloudflare has and Mote has not yet, by the paths under which clients ask for it. Whoever asks is told what it is, and not
//! that there is no such path, or that his token does not open it.

/// The beginnings of paths below an account.
const NOT_YET: &[(&[&str], &str)] = &[
    (&["ai"], "Workers AI"),
    (&["ai-gateway"], "AI Gateway"),
    (&["ai-search"], "AI Search"),
    (&["browser-rendering"], "Browser Rendering"),
    (&["containers"], "containers"),
    (&["d1"], "D1"),
    (&["email"], "Email Routing"),
    (&["event_notifications"], "event notifications"),
    (&["event_subscriptions"], "event subscriptions"),
    (&["hyperdrive"], "Hyperdrive"),
    (&["mtls_certificates"], "mTLS certificates"),
    (&["pages"], "Pages"),
    (&["pipelines"], "Pipelines"),
    (&["queues"], "Queues"),
    (&["r2"], "R2"),
    (&["secrets_store"], "the Secrets Store"),
    (&["vectorize"], "Vectorize"),
    (&["workers", "dispatch"], "Workers for Platforms"),
    (&["workers", "observability", "destinations"], "destinations of telemetry"),
    (&["workers", "observability", "queries"], "saved queries of kept logs"),
    (&["workers", "observability", "telemetry", "keys"], "lists of the keys of kept logs"),
    (&["workers", "observability", "telemetry", "values"], "lists of the values of kept logs"),
    (&["workflows"], "Workflows"),
];

/// The product that a path is about, if Mote has it not yet.
pub(super) fn not_yet(path: &[&str]) -> Option<&'static str> {
    let ["accounts", _, path @ ..] = path else { return None };
    NOT_YET.iter().find(|(beginning, _)| path.starts_with(beginning)).map(|(_, product)| *product)
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::api::access::{Need, need};

    #[test]
    fn nothing_that_there_is_is_denied() {
        for (beginning, product) in NOT_YET {
            let path: Vec<&str> = ["accounts", "acme"].iter().chain(*beginning).copied().collect();
            assert_eq!(not_yet(&path), Some(*product));
            for more in [&["thing"][..], &["thing", "more"]] {
                let longer = [&path[..], more].concat();
                for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
                    assert_eq!(need(&method, &longer), Need::Node, "{longer:?}");
                }
            }
        }
        for path in [
            "user",
            "accounts",
            "accounts/acme",
            "accounts/acme/workers/scripts",
            "accounts/acme/storage/kv/namespaces",
        ] {
            assert_eq!(not_yet(&path.split('/').collect::<Vec<_>>()), None, "{path}");
        }
    }
}
