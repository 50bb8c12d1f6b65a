//! What calls a worker: routes, custom domains, cron triggers. What the configuration does not speak of stays as it is.

use http::Method;
use mote_bundle::Settings;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{RemoteError, client::Payload},
    Worker,
};
use crate::printable::printable;

/// What a change of domains would do.
#[derive(Deserialize)]
struct Changes {
    #[serde(default)]
    conflicting: Vec<Value>,
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
