//! What a node has to be after a sequence of calls. It is small enough to be believed: everything is a map.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde_json::Value;

use super::addresses::{normal_domain, normal_route};
use super::step::{Act, Bind, By, Changing, Flaw, Step, Then, Upload};

/// Tails that one worker may have.
const TAILS_MAX: usize = 10;
const DONE: (u16, u64) = (200, 0);
const INVALID: (u16, u64) = (400, 10_021);
const NO_WORKER: (u16, u64) = (404, 10_007);
const TAKEN: (u16, u64) = (409, 10_031);

/// The workers of a node, by their names.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    pub(super) workers: BTreeMap<String, Worker>,
}

#[derive(Debug, Clone)]
pub(super) struct Worker {
    pub(super) account: &'static str,
    pub(super) versions: Vec<Version>,
    /// Numbers of versions, and their shares in thousandths; the newest deployment is the last.
    pub(super) deployments: Vec<BTreeMap<usize, u32>>,
    /// Normal forms, and as they are written.
    pub(super) routes: BTreeMap<String, String>,
    pub(super) domains: BTreeMap<String, String>,
    pub(super) schedules: BTreeSet<String>,
    pub(super) tags: Value,
    pub(super) tails: BTreeMap<String, Instant>,
}

#[derive(Debug, Clone)]
pub(super) struct Version {
    /// Empty until the node has been asked for it.
    pub(super) id: String,
    pub(super) mark: u64,
    pub(super) bindings: BTreeMap<&'static str, Bind>,
}

impl World {
    /// What the call does, and what it is answered with: a status, and a code if it is refused. `answer` is what the node said,
    /// of which nothing but ids is believed.
    pub(super) fn apply(&mut self, step: &Step, answer: Option<&Value>) -> (u16, u64) {
        self.try_apply(step, answer).err().unwrap_or(DONE)
    }

    fn try_apply(&mut self, step: &Step, answer: Option<&Value>) -> Result<(), (u16, u64)> {
        match step.by {
            By::Nobody => return Err((401, 10_000)),
            By::Member(of) if of != step.account => return Err((403, 10_000)),
            By::Member(_) if matches!(step.act, Act::Unknown) => return Err((403, 9_109)),
            By::Member(_) | By::Operator => {}
        }
        if !is_name(&step.worker) {
            return Err(INVALID);
        }
        let own = self.workers.get_mut(&step.worker).filter(|worker| worker.account == step.account);
        match &step.act {
            Act::Upload(upload) => return self.upload(step, upload),
            Act::Deploy(shares) => {
                let shares = whole(shares)?;
                own.ok_or(NO_WORKER)?.deploy(&shares)?;
            }
            Act::Secrets(changing, changes) => own.ok_or(NO_WORKER)?.change(*changing, changes)?,
            Act::Routes(written) => {
                let mut routes = BTreeMap::new();
                for route in written {
                    let normal = normal_route(route).ok_or(INVALID)?;
                    if routes.insert(normal, (*route).to_owned()).is_some() {
                        return Err(INVALID);
                    }
                }
                self.claim(step, routes, |worker| &mut worker.routes)?;
            }
            Act::Domains(written) => {
                let mut domains = BTreeMap::new();
                for domain in written {
                    let normal = normal_domain(domain).ok_or(INVALID)?;
                    domains.entry(normal).or_insert_with(|| (*domain).to_owned());
                }
                self.claim(step, domains, |worker| &mut worker.domains)?;
            }
            Act::Schedules(crons) => {
                if crons.iter().any(|cron| !super::generate::CRONS.contains(cron)) {
                    return Err(INVALID);
                }
                own.ok_or(NO_WORKER)?.schedules = crons.iter().map(|cron| (*cron).to_owned()).collect();
            }
            Act::Tags(tags) => {
                check_tags(tags)?;
                own.ok_or(NO_WORKER)?.tags = tags.clone();
            }
            Act::CreateTail => {
                let worker = own.ok_or(NO_WORKER)?;
                if worker.tails.len() >= TAILS_MAX {
                    return Err((429, 10_021));
                }
                let id = answer.and_then(|answer| answer["result"]["id"].as_str()).unwrap_or_default();
                worker.tails.insert(id.to_owned(), Instant::now());
            }
            Act::DeleteTail(id) => {
                own.and_then(|worker| worker.tails.remove(id)).ok_or((404, 7_003))?;
            }
            Act::Delete(_) => {
                own.ok_or(NO_WORKER)?;
                self.workers.remove(&step.worker);
            }
            Act::Read(_) => drop(own.ok_or(NO_WORKER)?),
            Act::Garbage(..) => return Err(INVALID),
            Act::Unknown => return Err((404, 7_003)),
        }
        Ok(())
    }

    /// Gives a worker these addresses, unless one is another's.
    fn claim(
        &mut self,
        step: &Step,
        addresses: BTreeMap<String, String>,
        of: impl Fn(&mut Worker) -> &mut BTreeMap<String, String>,
    ) -> Result<(), (u16, u64)> {
        self.workers.get(&step.worker).filter(|own| own.account == step.account).ok_or(NO_WORKER)?;
        let mut others = self.workers.iter_mut().filter(|(name, _)| **name != step.worker);
        if others.any(|(_, other)| of(other).keys().any(|taken| addresses.contains_key(taken))) {
            return Err(TAKEN);
        }
        self.workers.get_mut(&step.worker).map(|own| *of(own) = addresses).ok_or(NO_WORKER)
    }

    fn upload(&mut self, step: &Step, upload: &Upload) -> Result<(), (u16, u64)> {
        match upload.flaw {
            Flaw::NoForm | Flaw::NoMetadata | Flaw::NoMain | Flaw::ModuleTwice | Flaw::UnknownType => {
                return Err(INVALID);
            }
            _ => {}
        }
        let own = self.workers.get(&step.worker).filter(|worker| worker.account == step.account);
        if upload.then == Then::Keep && own.is_none() {
            return Err(NO_WORKER);
        }
        if own.is_none() && self.is_preview_of_other(&step.worker, step.account) {
            return Err(TAKEN);
        }
        let before = own.and_then(|worker| worker.versions.last());
        let bindings = upload.settled(before)?;
        if let Some(Bind::Service(target)) = bindings.get("NEXT") {
            let there = self.workers.get(target).is_some_and(|target| target.account == step.account);
            if !there && *target != step.worker {
                return Err(INVALID);
            }
        }
        if let Some(tags) = &upload.tags {
            check_tags(tags)?;
        }
        match upload.flaw {
            Flaw::Syntax | Flaw::Throws => return Err(INVALID),
            Flaw::NoHandlers => return Err((400, 10_068)),
            _ => {}
        }
        let worker = self.workers.entry(step.worker.clone()).or_insert_with(|| Worker::of(step.account));
        if worker.account != step.account {
            return Err(TAKEN);
        }
        worker.versions.push(Version { id: String::new(), mark: upload.mark, bindings });
        if upload.then == Then::Deploy {
            worker.deployments.push(BTreeMap::from([(worker.versions.len(), 1_000)]));
        }
        if let Some(tags) = &upload.tags {
            worker.tags = tags.clone();
        }
        Ok(())
    }

    /// The node has begun anew: what it keeps in memory alone is gone.
    pub(super) fn restart(&mut self) {
        self.workers.values_mut().for_each(|worker| worker.tails.clear());
    }
}

impl Worker {
    fn of(account: &'static str) -> Self {
        Self {
            account,
            versions: Vec::new(),
            deployments: Vec::new(),
            routes: BTreeMap::new(),
            domains: BTreeMap::new(),
            schedules: BTreeSet::new(),
            tags: Value::Null,
            tails: BTreeMap::new(),
        }
    }

    fn deploy(&mut self, shares: &[(String, u32)]) -> Result<(), (u16, u64)> {
        let number = |id: &String| {
            let at = self.versions.iter().position(|version| version.id == *id);
            at.map(|at| at + 1).ok_or((404, 10_090))
        };
        let named: Vec<(usize, u32)> =
            shares.iter().map(|(id, share)| Ok((number(id)?, *share))).collect::<Result<_, _>>()?;
        self.deployments.push(named.into_iter().filter(|(_, share)| *share > 0).collect());
        Ok(())
    }

    fn change(
        &mut self,
        changing: Changing,
        changes: &[(&'static str, Option<String>)],
    ) -> Result<(), (u16, u64)> {
        let alone = BTreeMap::from([(self.versions.len(), 1_000)]);
        if changing != Changing::Latest && self.deployments.last() != Some(&alone) {
            return Err((400, 10_215));
        }
        let before = self.versions.last().unwrap();
        let (mark, mut bindings) = (before.mark, before.bindings.clone());
        for (name, text) in changes {
            match text {
                Some(text) => drop(bindings.insert(name, Bind::Secret(text.clone()))),
                None if matches!(bindings.get(name), Some(Bind::Secret(_))) => drop(bindings.remove(name)),
                None => return Err(INVALID),
            }
        }
        self.versions.push(Version { id: String::new(), mark, bindings });
        if changing != Changing::Latest {
            self.deployments.push(BTreeMap::from([(self.versions.len(), 1_000)]));
        }
        Ok(())
    }

    /// The versions that take its events.
    pub(super) fn live(&self) -> Vec<&Version> {
        self.deployments.last().unwrap().keys().map(|number| &self.versions[number - 1]).collect()
    }
}

impl Upload {
    /// The bindings of the version that this makes.
    fn settled(&self, before: Option<&Version>) -> Result<BTreeMap<&'static str, Bind>, (u16, u64)> {
        let mut settled = BTreeMap::new();
        for (name, bind) in &self.bindings {
            let bind = match bind {
                Bind::Inherit(from) => {
                    before.and_then(|before| before.bindings.get(from)).ok_or((400, 10_057))?
                }
                bind => bind,
            };
            settled.insert(*name, bind.clone());
        }
        match self.flaw {
            Flaw::BindingTwice => return Err(INVALID),
            Flaw::NotYet => return Err((400, 7_003)),
            _ => {}
        }
        for (name, bind) in before.into_iter().flat_map(|before| &before.bindings) {
            if self.keeps.contains(&bind.kind()) {
                settled.entry(name).or_insert_with(|| bind.clone());
            }
        }
        Ok(settled)
    }
}

fn is_name(name: &str) -> bool {
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
    (1..=63).contains(&name.len()) && name.chars().all(sound) && !name.starts_with('-')
}

fn check_tags(tags: &Value) -> Result<(), (u16, u64)> {
    let texts = tags.as_array().is_some_and(|tags| tags.iter().all(Value::is_string));
    (texts || tags.is_null()).then_some(()).ok_or(INVALID)
}

/// Shares in thousandths, if they are of one or two versions and come to all events.
fn whole(shares: &[(String, f64)]) -> Result<Vec<(String, u32)>, (u16, u64)> {
    let ids: BTreeSet<&String> = shares.iter().map(|(id, _)| id).collect();
    let sound = shares.iter().all(|(_, percentage)| (0.0..=100.0).contains(percentage));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the percentages are the test's own"
    )]
    let thousandths = |percentage: f64| (percentage * 10.0).round() as u32;
    let named: Vec<(String, u32)> =
        shares.iter().map(|(id, percentage)| (id.clone(), thousandths(*percentage))).collect();
    let sum: u32 = named.iter().map(|(_, share)| share).sum();
    let counts = (1..=2).contains(&shares.len()) && ids.len() == shares.len();
    (counts && sound && sum == 1_000).then_some(named).ok_or(INVALID)
}
