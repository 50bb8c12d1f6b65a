//! What calls a worker: routes, custom domains, cron triggers. What the configuration does not speak of stays as it is.

use std::collections::BTreeSet;

use http::Method;
use mote_bundle::Settings;
use mote_host::{
    cron::{self, CRONS_MAX},
    gateway::RoutePattern,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{RemoteError, client::Payload},
    Worker,
};
use crate::printable::printable;

/// Routes that one worker may have.
const ROUTES_MAX: usize = 1_000;

/// What a change of domains would do.
#[derive(Deserialize)]
struct Changes {
    #[serde(default)]
    conflicting: Vec<Value>,
}

/// Finds what a node would refuse, before it hears of anything: it would say so when the version serves already.
pub(super) fn check(settings: &Settings) -> Result<(), RemoteError> {
    let (crons, routes, domains) = (settings.crons.as_deref(), patterns(settings), domains(settings));
    let mut mistakes: Vec<String> =
        crons.unwrap_or_default().iter().filter_map(|cron| cron::mistake(cron)).collect();
    let mut seen = BTreeSet::new();
    for route in &routes {
        match RoutePattern::parse(route) {
            Ok(pattern) if seen.insert(pattern.to_string()) => {}
            Ok(_) => mistakes.push(format!("the route `{route}` is there twice")),
            Err(error) => mistakes.push(format!("the route `{route}`: {error}")),
        }
    }
    for name in &domains {
        if name.contains(['*', '/', ':']) || RoutePattern::parse(&format!("{name}/*")).is_err() {
            mistakes.push(format!(
                "`{name}` is no host name: a custom domain is one whole name, without wildcards, port and path"
            ));
        }
    }
    let crons = crons.map_or(0, <[String]>::len);
    for (number, max, what) in
        [(crons, CRONS_MAX, "cron triggers"), (routes.len().max(domains.len()), ROUTES_MAX, "routes")]
    {
        mistakes.extend(
            (number > max).then(|| format!("a worker may have {max} {what}, and this one has {number}")),
        );
    }
    if mistakes.is_empty() {
        return Ok(());
    }
    let help = "correct `routes` and `triggers.crons` in the configuration; nothing was sent";
    Err(RemoteError::wrong(printable(&mistakes.join("\n\nerror: ")), help))
}

/// Puts them on the node.
pub(super) async fn put(worker: &Worker, settings: &Settings) -> Result<(), RemoteError> {
    let call = async |method: Method, rest: &str, body: Value| {
        worker.client.call::<Value>(method, &worker.path(rest), Payload::Json(body)).await
    };
    let routes = patterns(settings);
    if !routes.is_empty() {
        let routes: Vec<Value> = routes.iter().map(|pattern| json!({"pattern": pattern})).collect();
        call(Method::PUT, "/routes", routes.into()).await?;
    }
    let domains = domains(settings);
    if !domains.is_empty() {
        let origins: Vec<Value> = domains.iter().map(|name| json!({"hostname": name})).collect();
        let changes = call(Method::POST, "/domains/changeset?replace_state=true", json!(origins)).await?;
        let changes: Option<Changes> = serde_json::from_value(changes).ok();
        if let Some(taken) = changes.and_then(|changes| changes.conflicting.into_iter().next()) {
            let name = taken.get("hostname").and_then(Value::as_str).unwrap_or_default();
            return Err(RemoteError::wrong(
                printable(&format!("the domain `{name}` is in use by something else")),
                "take it away from there first",
            ));
        }
        let body = json!({"override_scope": true, "override_existing_origin": false,
                          "override_existing_dns_record": false, "origins": origins});
        call(Method::PUT, "/domains/records", body).await?;
    }
    if let Some(crons) = &settings.crons {
        let crons: Vec<Value> = crons.iter().map(|cron| json!({"cron": cron})).collect();
        call(Method::PUT, "/schedules", crons.into()).await?;
    }
    Ok(())
}

/// The patterns of its routes.
pub(super) fn patterns(settings: &Settings) -> Vec<&str> {
    settings.routes.iter().filter(|route| !route.custom_domain).map(|route| route.pattern.as_str()).collect()
}

/// The names of its custom domains.
pub(super) fn domains(settings: &Settings) -> Vec<&str> {
    settings.routes.iter().filter(|route| route.custom_domain).map(|route| route.pattern.as_str()).collect()
}
