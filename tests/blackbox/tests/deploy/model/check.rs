//! Whether a node is what the model says: by its API, and by what answers over HTTP.

use std::collections::{BTreeMap, BTreeSet};

use mote_blackbox::{DeployApi, Mote};
use serde_json::{Value, json};

use super::addresses::VISITS;
use super::generate::ACCOUNTS;
use super::step::Bind;
use super::world::{Version, Worker, World};

/// Versions and deployments in one answer.
const LISTED_MAX: usize = 100;

/// Compares all of it. What is not as it should be is the error.
pub(super) fn everything(world: &mut World, api: &DeployApi, mote: &Mote) -> Result<(), String> {
    for account in ACCOUNTS {
        let wanted: Vec<String> = world
            .workers
            .iter()
            .filter(|(_, worker)| worker.account == account)
            .map(|(name, _)| name.clone())
            .collect();
        let listed = get(api, &format!("accounts/{account}/workers/scripts"))?;
        same(&format!("the workers of {account}"), &texts(&listed, "id"), &wanted)?;
    }
    let names: Vec<String> = world.workers.keys().cloned().collect();
    names.iter().try_for_each(|name| worker(world, api, name))?;
    let routes = get(api, "zones/any/workers/routes")?;
    let found: BTreeSet<(String, String)> = routes
        .as_array()
        .into_iter()
        .flatten()
        .map(|route| (text(route, "pattern"), text(route, "script")))
        .collect();
    let routes_of = |(name, worker): (&String, &Worker)| {
        worker.routes.values().map(|written| (written.clone(), name.clone())).collect::<Vec<_>>()
    };
    same("the routes", &found, &world.workers.iter().flat_map(routes_of).collect())?;
    answers(world, mote)
}

/// Compares what the API says of one worker, and learns the ids of its new versions.
pub(super) fn worker(world: &mut World, api: &DeployApi, name: &str) -> Result<(), String> {
    let Some(worker) = world.workers.get_mut(name) else {
        for account in ACCOUNTS {
            let (status, _) =
                api.ask("GET", &format!("accounts/{account}/workers/scripts/{name}/settings"), &Value::Null);
            same(&format!("whether {account} has no `{name}`"), &status, &404)?;
        }
        return Ok(());
    };
    let of = |what: &str| get(api, &format!("accounts/{}/workers/scripts/{name}/{what}", worker.account));
    versions(name, &mut worker.versions, &of("versions")?["items"])?;
    let newest = worker.versions.last().expect("it has versions");
    let bindings = bindings_of(&of("settings")?["bindings"]);
    same(&format!("the bindings of `{name}`"), &bindings, &shown(&newest.bindings))?;
    let secrets: BTreeSet<String> = texts(&of("secrets")?, "name").into_iter().collect();
    let wanted = newest.bindings.iter().filter(|(_, bind)| matches!(bind, Bind::Secret(_)));
    same(
        &format!("the secrets of `{name}`"),
        &secrets,
        &wanted.map(|(name, _)| (*name).to_owned()).collect(),
    )?;
    deployments(name, worker, &of("deployments")?["deployments"])?;
    let crons = texts(&of("schedules")?["schedules"], "cron").into_iter().collect();
    same(&format!("the cron triggers of `{name}`"), &worker.schedules, &crons)?;
    same(&format!("the tags of `{name}`"), &of("script-settings")?["tags"], &worker.tags)?;
    let tails: BTreeSet<String> = texts(&of("tails")?, "id").into_iter().collect();
    same(&format!("the tails of `{name}`"), &tails, &worker.tails.keys().cloned().collect())?;
    for stranger in ACCOUNTS.iter().filter(|account| **account != worker.account) {
        let path = format!("accounts/{stranger}/workers/scripts/{name}/versions");
        let (status, said) = api.ask("GET", &path, &Value::Null);
        let found = (status, said["errors"][0]["code"].as_u64());
        same(&format!("`{name}`, asked for by {stranger}"), &found, &(404, Some(10_007)))?;
    }
    Ok(())
}

fn versions(name: &str, known: &mut [Version], items: &Value) -> Result<(), String> {
    let items = items.as_array().ok_or("no list of versions")?;
    same(&format!("how many versions `{name}` has"), &items.len(), &known.len().min(LISTED_MAX))?;
    let mut ids = BTreeSet::new();
    for (item, (at, version)) in items.iter().zip(known.iter_mut().enumerate().rev()) {
        let what = format!("version {} of `{name}`", at + 1);
        same(&format!("the number of {what}"), &item["number"].as_u64(), &u64::try_from(at + 1).ok())?;
        if version.id.is_empty() {
            version.id = text(item, "id");
        }
        same(&format!("the id of {what}"), &text(item, "id"), &version.id)?;
        same(&what, &bindings_of(&item["resources"]["bindings"]), &shown(&version.bindings))?;
        if !ids.insert(version.id.clone()) {
            return Err(format!("{what} has another's id"));
        }
    }
    Ok(())
}

fn deployments(name: &str, worker: &Worker, listed: &Value) -> Result<(), String> {
    let one = |deployment: &Value| -> BTreeMap<String, u64> {
        let versions = deployment["versions"].as_array().into_iter().flatten();
        versions
            .map(|share| {
                let tenths = share["percentage"].as_f64().unwrap_or(-1.0) * 10.0;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "it is at most 1000"
                )]
                (text(share, "version_id"), tenths.round() as u64)
            })
            .collect()
    };
    let found: Vec<_> = listed.as_array().into_iter().flatten().map(one).collect();
    let ids = |shares: &BTreeMap<usize, u32>| -> BTreeMap<String, u64> {
        let id = |number: &usize| worker.versions[number - 1].id.clone();
        shares.iter().map(|(number, share)| (id(number), u64::from(*share))).collect()
    };
    let wanted: Vec<_> = worker.deployments.iter().rev().take(LISTED_MAX).map(ids).collect();
    same(&format!("the deployments of `{name}`"), &found, &wanted)
}

/// Asks every worker, some previews, and every address.
fn answers(world: &World, mote: &Mote) -> Result<(), String> {
    let mut visits: Vec<(String, &str)> =
        VISITS.iter().map(|(host, path)| ((*host).to_owned(), *path)).collect();
    for (name, worker) in &world.workers {
        visits.push((format!("{name}.localhost"), "/"));
        let ends = [worker.versions.first(), worker.versions.last()];
        let named = ends.into_iter().flatten().filter_map(|version| version.id.get(..8));
        visits.extend(named.map(|digits| (format!("{digits}-{name}.localhost"), "/")));
    }
    visits.push((format!("{}-shop.localhost", "0".repeat(8)), "/"));
    for (host, path) in visits {
        let answer = mote.get_from_host(&host, path);
        let wanted = world.at(&host, path);
        let found =
            (answer.status == 200).then(|| serde_json::from_str::<Value>(&answer.text).ok()).flatten();
        let fits = match (&wanted, &found) {
            (None, _) => answer.status == 404,
            (Some(versions), Some(found)) => versions.iter().any(|version| is_of(world, version, found)),
            (Some(_), None) => false,
        };
        if !fits {
            let said = format!("{} {}", answer.status, answer.text);
            return Err(format!("http://{host}{path} says {said}\n  but is to be of {wanted:?}"));
        }
    }
    Ok(())
}

/// Whether a version has answered this.
fn is_of(world: &World, version: &Version, found: &Value) -> bool {
    let next = &found["next"];
    let next_fits = match version.bindings.get("NEXT") {
        Some(Bind::Service(target)) => {
            let callee = world.workers.get(target).filter(|callee| {
                // A binding leads to workers of the account that has bound it.
                world.workers.values().any(|worker| {
                    worker.account == callee.account && worker.versions.iter().any(|own| own.id == version.id)
                })
            });
            match callee {
                None => next == "gone",
                Some(callee) => callee.live().iter().any(|of| alone(of, next) && next["next"].is_null()),
            }
        }
        _ => next.is_null(),
    };
    next_fits && alone(version, found)
}

/// The same without whom it calls.
fn alone(version: &Version, found: &Value) -> bool {
    let value = |bind: &Bind| match bind {
        Bind::Plain(text) | Bind::Secret(text) => Some(json!(text)),
        Bind::Json(value) => Some(value.clone()),
        Bind::Service(_) | Bind::Inherit(_) => None,
    };
    let env = version.bindings.iter().filter_map(|(name, bind)| Some(((*name).to_owned(), value(bind)?)));
    found["mark"] == version.mark && found["env"] == Value::Object(env.collect())
}

fn get(api: &DeployApi, path: &str) -> Result<Value, String> {
    let (status, mut answer) = api.ask("GET", path, &Value::Null);
    if status == 200 { Ok(answer["result"].take()) } else { Err(format!("GET {path}: {status} {answer}")) }
}

fn text(object: &Value, key: &str) -> String {
    object[key].as_str().unwrap_or_default().to_owned()
}

fn texts(list: &Value, key: &str) -> Vec<String> {
    list.as_array().into_iter().flatten().map(|item| text(item, key)).collect()
}

fn bindings_of(list: &Value) -> BTreeMap<String, Value> {
    list.as_array().into_iter().flatten().map(|binding| (text(binding, "name"), binding.clone())).collect()
}

fn shown(bindings: &BTreeMap<&'static str, Bind>) -> BTreeMap<String, Value> {
    bindings.iter().map(|(name, bind)| ((*name).to_owned(), bind.shown(name))).collect()
}

fn same<A: PartialEq<B> + std::fmt::Debug, B: std::fmt::Debug>(
    what: &str,
    found: &A,
    wanted: &B,
) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what}: found {found:?}\n  wanted {wanted:?}")) }
}
