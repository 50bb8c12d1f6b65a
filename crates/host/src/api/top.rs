//! A node at a glance, for `mote top`: the one path that is Mote's own and not Cloudflare's.
//!
//! The operator sees all of it. Who holds an account's token sees the workers that the account has deployed, and nothing from
//! which the others could be guessed: no cell, no memory of the node, nor whether a worker of his is under suspicion, which
//! would tell an attacker when to stop.

use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Api, Refusal, auth::Caller, envelope::time, now};
use crate::supervisor::{CellStats, NodeStats, Pressure, WorkerOrder, WorkerState, WorkerView};

/// Workers that one answer has if nobody asks for another number.
const WORKERS_DEFAULT: usize = 200;
/// Workers that one answer has at most.
const WORKERS_MAX: usize = 1_000;

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    limit: usize,
    order: WorkerOrder,
}

impl Api {
    pub(super) fn top(&self, caller: &Caller, query: &str) -> Result<Value, Refusal> {
        let asked = Asked::parse(query)?;
        let supervisor = &self.deployed.supervisor;
        let wanted = |name: &str| match &caller.account {
            Some(account) => self.deployed.is_owned_by(name, account),
            None => true,
        };
        let busiest = supervisor.busiest(asked.order, asked.limit, &wanted);
        let node = supervisor.node();
        let mut document = json!({
            "at": time(now()),
            // By this clock rates are counted: it never jumps.
            "uptime_s": node.up.as_secs_f64(),
            "workers_total": busiest.of,
            "workers": busiest.workers.iter().map(|view| self.worker_json(caller, view)).collect::<Vec<_>>(),
        });
        if let (None, Value::Object(document)) = (&caller.account, &mut document) {
            document.insert("node".to_owned(), node_json(&node));
            let cells: Vec<Value> = supervisor.cells().iter().map(CellStats::to_json).collect();
            document.insert("cells".to_owned(), cells.into());
        }
        Ok(document)
    }

    fn worker_json(&self, caller: &Caller, view: &WorkerView) -> Value {
        let account =
            self.deployed.owner_of(&view.name).or_else(|| view.account.as_deref().map(str::to_owned));
        let state = match (view.state, &caller.account) {
            (WorkerState::Serving, _) | (WorkerState::Suspect, Some(_)) => "serving",
            (WorkerState::Suspect, None) => "suspect",
            (WorkerState::Stopped, _) => "stopped",
            (WorkerState::Quarantined, _) => "quarantined",
        };
        let totals = &view.totals;
        let mut worker = json!({
            "name": view.name.as_ref(),
            "account": account,
            "state": state,
            "events": totals.outcomes,
            "events_under_way": view.under_way,
            "cpu_us": totals.cpu_us,
            "isolates_started": totals.isolates_started,
            "memory_bytes_peak": totals.memory_bytes_peak,
        });
        if let (None, Value::Object(worker)) = (&caller.account, &mut worker) {
            worker.insert("cells".to_owned(), view.cells.clone().into());
        }
        worker
    }
}

impl Asked {
    fn parse(query: &str) -> Result<Self, Refusal> {
        let mut asked = Self { limit: WORKERS_DEFAULT, order: WorkerOrder::Cpu };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match (&*name, &*value) {
                ("limit", value) => {
                    let limit = value.parse().ok().filter(|limit| (1..=WORKERS_MAX).contains(limit));
                    asked.limit = limit.ok_or_else(|| {
                        Refusal::invalid(format!("`limit` is a number from 1 to {WORKERS_MAX}"))
                    })?;
                }
                ("sort", "cpu") => asked.order = WorkerOrder::Cpu,
                ("sort", "memory") => asked.order = WorkerOrder::Memory,
                ("sort", "events") => asked.order = WorkerOrder::Events,
                ("sort", "starts") => asked.order = WorkerOrder::Starts,
                ("sort", _) => {
                    return Err(Refusal::invalid("`sort` is `cpu`, `memory`, `events` or `starts`"));
                }
                _ => {}
            }
        }
        Ok(asked)
    }
}

fn node_json(node: &NodeStats) -> Value {
    json!({
        "memory_bytes_max": node.memory_bytes_max,
        "host_bytes": node.host_bytes,
        "cells_bytes": node.cells_bytes,
        "pressure": match node.pressure {
            Pressure::Low => "low",
            Pressure::High => "high",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_bounded() {
        let of =
            |query: &str| Asked::parse(query).map_err(|refusal| (refusal.status.as_u16(), refusal.message));
        assert_eq!(of(""), Ok(Asked { limit: 200, order: WorkerOrder::Cpu }));
        assert_eq!(of("limit=1000&sort=memory&x=y"), Ok(Asked { limit: 1_000, order: WorkerOrder::Memory }));
        for (query, named) in [
            ("limit=0", "`limit`"),
            ("limit=1001", "`limit`"),
            ("limit=-1", "`limit`"),
            ("limit=", "`limit`"),
            ("limit=99999999999999999999999", "`limit`"),
            ("sort=", "`sort`"),
            ("sort=CPU", "`sort`"),
        ] {
            let (status, message) = of(query).unwrap_err();
            assert!(status == 400 && message.contains(named), "{query}: {message}");
        }
    }
}
