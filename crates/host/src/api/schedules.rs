//! Cron triggers of a worker.

use std::rc::Rc;

use mote_store::{Schedule, Store};
use serde_json::{Value, json};

use super::{Api, Call, Refusal, document, envelope::time, now};
use crate::{
    cron::{CRONS_MAX, Due},
    notices::Change,
};

impl Api {
    pub(super) async fn schedules(&self, account: &str, name: &str) -> Result<Value, Refusal> {
        let (account, worker) = (account.to_owned(), name.to_owned());
        let live = self
            .store(move |store| {
                store.worker(&account, &worker)?;
                store.live_one(&worker)
            })
            .await?;
        Ok(describe(&live.map(|live| live.schedules).unwrap_or_default()))
    }

    /// Replaces them.
    pub(super) async fn put_schedules(self: &Rc<Self>, call: Call<'_>, name: &str) -> Result<Value, Refusal> {
        self.check_not_taken(name)?;
        let (account, worker) = (call.account.to_owned(), name.to_owned());
        let actor = call.caller.actor.clone();
        let said = document(call.body).await?;
        let crons = crons(&said)?;
        let change = Change {
            change: "crons",
            account: account.clone(),
            worker: worker.clone(),
            version: None,
            by: actor.clone(),
            detail: format!("{} of them", crons.len()),
        };
        let set = move |store: &Store| store.set_schedules(&account, &worker, &crons, (&actor, now()));
        let schedules = self.commit(name, None, set, |_| change).await?;
        Ok(describe(&schedules))
    }
}

fn crons(said: &Value) -> Result<Vec<String>, Refusal> {
    let said =
        said.as_array().ok_or_else(|| Refusal::invalid("the body must be a list of {\"cron\": ...}"))?;
    if said.len() > CRONS_MAX {
        return Err(Refusal::too_much(format!("a worker may have {CRONS_MAX} cron triggers")));
    }
    said.iter()
        .map(|item| {
            let cron = item.get("cron").and_then(Value::as_str);
            let cron = cron.ok_or_else(|| Refusal::invalid("an item of the list has no `cron`"))?;
            Due::parse(cron).map(|_| cron.to_owned()).map_err(Refusal::invalid)
        })
        .collect()
}

fn describe(schedules: &[Schedule]) -> Value {
    let one = |schedule: &Schedule| {
        let created = time(schedule.created_ms);
        json!({"cron": schedule.cron, "created_on": created, "modified_on": created})
    };
    json!({"schedules": schedules.iter().map(one).collect::<Vec<_>>()})
}
