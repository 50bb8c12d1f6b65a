//! Deployments: which versions take events. A rollback is a deployment of an older version.

use std::rc::Rc;

use mote_store::{Deployment, Live, NewDeployment, Share, Store};
use serde_json::{Value, json};

use crate::notices::Change;

use super::{
    Api, Call, Refusal, annotations::annotations, auth::email_of, document, envelope::time, new_id, now,
};

/// As many as clients show.
const LISTED_MAX: u32 = 100;
/// Versions that one deployment may have, as on Cloudflare.
const SHARES_MAX: usize = 2;

impl Api {
    pub(super) async fn deployments(&self, account: &str, name: &str) -> Result<Value, Refusal> {
        let (account, worker) = (account.to_owned(), name.to_owned());
        let found = self.store(move |store| store.deployments(&account, &worker, LISTED_MAX)).await?;
        Ok(json!({"deployments": found.iter().map(describe).collect::<Vec<_>>()}))
    }

    pub(super) async fn deploy(self: &Rc<Self>, call: Call<'_>, name: &str) -> Result<Value, Refusal> {
        self.check_not_taken(name)?;
        let (account, worker) = (call.account.to_owned(), name.to_owned());
        let said = document(call.body).await?;
        let (shares, idle) = shares(&said)?;
        let annotations = annotations(said.get("annotations"))?;
        let new = NewDeployment {
            id: new_id()?,
            now_ms: now(),
            author: call.caller.actor.clone(),
            annotations_json: Value::Object(annotations).to_string(),
            shares,
        };
        let written = new.clone();
        let deploy = move |store: &Store| {
            // What takes no events is not written, but whoever names it must not be told that it is there.
            idle.iter().try_for_each(|id| store.version(&account, &worker, id).map(drop))?;
            let before = store.live_one(&worker)?.and_then(|live| main_of(&live, &live.shares));
            store.deploy(&account, &worker, &written)?;
            let now = store.live_one(&worker)?.and_then(|live| main_of(&live, &written.shares));
            Ok(if now < before { "rollback" } else { "deploy" })
        };
        let told = Change {
            change: "deploy",
            account: call.account.to_owned(),
            worker: name.to_owned(),
            version: new.shares.first().map(|share| share.version.clone()),
            by: new.author.clone(),
            detail: told_shares(&new.shares),
        };
        let told = |change: &&'static str| Change { change, ..told };
        // It waits for no upload of the worker: a rollback is urgent, and an upload is not decided by what takes events.
        self.commit(name, None, deploy, told).await?;
        Ok(describe(&Deployment {
            id: new.id,
            created_ms: new.now_ms,
            author: new.author,
            annotations_json: new.annotations_json,
            shares: new.shares,
        }))
    }
}

/// The how-manyeth of a worker's versions has the largest share of its events.
fn main_of(live: &Live, shares: &[Share]) -> Option<usize> {
    let main = shares.first()?;
    live.versions.iter().position(|version| *version == main.version)
}

/// Nothing if one version takes all.
fn told_shares(shares: &[Share]) -> String {
    let one = |share: &Share| format!("{} at {} %", share.version, f64::from(share.per_mille) / 10.0);
    if shares.len() < 2 { String::new() } else { shares.iter().map(one).collect::<Vec<_>>().join(", ") }
}

fn describe(deployment: &Deployment) -> Value {
    let annotations: Value = serde_json::from_str(&deployment.annotations_json).unwrap_or_default();
    let version =
        |share: &Share| json!({"version_id": share.version, "percentage": f64::from(share.per_mille) / 10.0});
    json!({
        "id": deployment.id, "source": "api", "strategy": "percentage", "author_email": email_of(&deployment.author),
        "annotations": annotations, "created_on": time(deployment.created_ms),
        "versions": deployment.shares.iter().map(version).collect::<Vec<_>>(),
    })
}

/// The shares that are asked for, and the versions that shall have none: shares come to all events, and each version is there
/// once.
fn shares(said: &Value) -> Result<(Vec<Share>, Vec<String>), Refusal> {
    if said.get("strategy").and_then(Value::as_str) != Some("percentage") {
        return Err(Refusal::invalid("the only `strategy` is \"percentage\""));
    }
    let versions = said.get("versions").and_then(Value::as_array);
    let versions = versions.ok_or_else(|| Refusal::invalid("a deployment has `versions`"))?;
    if !(1..=SHARES_MAX).contains(&versions.len()) {
        return Err(Refusal::invalid(format!("a deployment has 1 to {SHARES_MAX} versions")));
    }
    let (mut shares, mut sum): (Vec<Share>, f64) = (Vec::new(), 0.0);
    for version in versions {
        let id = version.get("version_id").and_then(Value::as_str);
        let percentage = version.get("percentage").and_then(Value::as_f64);
        let (Some(id), Some(percentage)) = (id, percentage) else {
            return Err(Refusal::invalid("each version has a `version_id` and a `percentage`"));
        };
        if shares.iter().any(|share| share.version == id) {
            return Err(Refusal::invalid(format!("version {id} is there twice")));
        }
        shares.push(Share { version: id.to_owned(), per_mille: per_mille(percentage)? });
        sum += percentage;
    }
    // Looked at before they are rounded: 66.65 and 33.35 are a whole.
    if (sum - 100.0).abs() > 1e-6 {
        return Err(Refusal::invalid("the percentages must come to 100"));
    }
    if let [first, second] = shares.as_mut_slice() {
        // What rounding gave or took is the larger one's.
        let (larger, smaller) =
            if first.per_mille >= second.per_mille { (first, second) } else { (second, first) };
        larger.per_mille = 1_000 - smaller.per_mille;
    }
    // The largest share is the worker's main version. Of two halves the order is that in which the store gives them back.
    shares.sort_by(|a, b| (b.per_mille, &b.version).cmp(&(a.per_mille, &a.version)));
    let (taking, idle): (Vec<_>, Vec<_>) = shares.into_iter().partition(|share| share.per_mille > 0);
    Ok((taking, idle.into_iter().map(|share| share.version).collect()))
}

fn per_mille(percentage: f64) -> Result<u32, Refusal> {
    if !(0.0..=100.0).contains(&percentage) {
        return Err(Refusal::invalid("a percentage is between 0 and 100"));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 1000")]
    let rounded = (percentage * 10.0).round() as u32;
    // Whoever asks for next to nothing does not ask for nothing.
    Ok(if percentage > 0.0 { rounded.max(1) } else { rounded })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(versions: &Value) -> Result<Vec<(String, u32)>, String> {
        shares(&json!({"strategy": "percentage", "versions": versions}))
            .map(|(shares, _)| shares.into_iter().map(|share| (share.version, share.per_mille)).collect())
            .map_err(|refusal| refusal.message)
    }

    #[test]
    fn shares_come_to_all_events_the_largest_first() {
        let two = json!([{"version_id": "a", "percentage": 0.5}, {"version_id": "b", "percentage": 99.5}]);
        assert_eq!(of(&two).unwrap(), [("b".to_owned(), 995), ("a".to_owned(), 5)]);
        let whole = json!([{"version_id": "a", "percentage": 100}, {"version_id": "b", "percentage": 0}]);
        assert_eq!(of(&whole).unwrap(), [("a".to_owned(), 1_000)]);
        let (_, idle) = shares(&json!({"strategy": "percentage", "versions": whole})).unwrap();
        assert_eq!(idle, ["b"], "it is looked up, though it takes nothing");
        let odd = json!([{"version_id": "a", "percentage": 66.65}, {"version_id": "b", "percentage": 33.35}]);
        assert_eq!(of(&odd).unwrap(), [("a".to_owned(), 666), ("b".to_owned(), 334)]);
        let little =
            json!([{"version_id": "a", "percentage": 99.99}, {"version_id": "b", "percentage": 0.01}]);
        assert_eq!(of(&little).unwrap(), [("a".to_owned(), 999), ("b".to_owned(), 1)]);
        let halves = json!([{"version_id": "a", "percentage": 50}, {"version_id": "b", "percentage": 50}]);
        assert_eq!(of(&halves).unwrap(), [("b".to_owned(), 500), ("a".to_owned(), 500)]);
    }

    #[test]
    fn shares_that_make_no_sense_are_refused() {
        for (versions, expected) in [
            (json!([]), "1 to 2 versions"),
            (json!([{"version_id": "a", "percentage": 99}]), "come to 100"),
            (
                json!([{"version_id": "a", "percentage": 100}, {"version_id": "b", "percentage": 0.04}]),
                "come to 100",
            ),
            (json!([{"version_id": "a", "percentage": -1}]), "between 0 and 100"),
            (json!([{"version_id": "a", "percentage": 1e300}]), "between 0 and 100"),
            (json!([{"version_id": "a"}]), "`percentage`"),
            (
                json!([{"version_id": "a", "percentage": 50}, {"version_id": "a", "percentage": 50}]),
                "is there twice",
            ),
        ] {
            let error = of(&versions).unwrap_err();
            assert!(error.contains(expected), "{versions}: {error}");
        }
    }
}
