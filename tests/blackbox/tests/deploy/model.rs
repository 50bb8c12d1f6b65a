//! Calls by chance, beside a model that says what each must do.
//!
//! A run is a seed: the same calls in the same order, but for what happens at the same time and when a node is killed. A run that
//! fails prints its seed and the last calls. `MOTE_SEED=7` runs that one, `MOTE_STEPS=5000` makes it longer.

mod addresses;
mod check;
mod generate;
mod random;
mod step;
mod world;

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

use mote_blackbox::{DeployApi, Door, Mote, mote as mote_command, signal};
use serde_json::{Value, json};

use generate::{ACCOUNTS, Generator};
use step::{By, Step};
use world::World;

const SEED: u64 = 20_261_127;
const STEPS: usize = 260;
/// The last calls, which are shown when something is wrong.
const SHOWN: usize = 40;
/// All is compared after this many calls; what a call was about, after each.
const COMPARE_EVERY: usize = 12;
/// A tail that nobody watches ends by itself after a minute.
const TAIL_MAX: Duration = Duration::from_secs(25);

#[test]
fn a_model_knows_what_every_call_does() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let seed = number("MOTE_SEED").unwrap_or(SEED);
    let steps = number("MOTE_STEPS").map_or(STEPS, |steps| usize::try_from(steps).unwrap());
    Run::new(seed).go(steps);
}

struct Run {
    seed: u64,
    node: Node,
    world: World,
    generator: Generator,
    told: VecDeque<String>,
    done: usize,
}

/// A node that can be killed and started again.
struct Node {
    data: tempfile::TempDir,
    mote: Mote,
    operator: DeployApi,
    /// Values of tokens of the accounts.
    members: Vec<(&'static str, String)>,
}

impl Node {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let (mote, operator) = Self::launch(data.path());
        let member = |account: &&'static str| {
            assert_eq!(operator.ask("POST", "accounts", &json!({"id": account, "name": account})).0, 200);
            let scopes = json!({"name": "ci", "scopes": ["workers:write", "tail:read"]});
            let (_, made) = operator.ask("POST", &format!("accounts/{account}/tokens"), &scopes);
            (*account, made["result"]["value"].as_str().unwrap().to_owned())
        };
        let members = ACCOUNTS.iter().map(member).collect();
        Self { data, mote, operator, members }
    }

    fn launch(data: &std::path::Path) -> (Mote, DeployApi) {
        let launch =
            mote_command(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"]).arg(data);
        let mote = launch.start();
        let token = std::fs::read_to_string(data.join("admin-token")).unwrap();
        let api = DeployApi::at(Door::of(&mote).port(), token.trim());
        (mote, api)
    }

    fn restart(&mut self) {
        signal("KILL", u64::from(self.mote.pid()));
        self.mote.ended();
        (self.mote, self.operator) = Self::launch(self.data.path());
    }

    fn send(&self, step: &Step) -> Option<(u16, Value)> {
        let token = match step.by {
            By::Operator => return step.send(&self.operator),
            By::Member(account) => &self.members.iter().find(|(of, _)| *of == account).unwrap().1,
            By::Nobody => "wrong",
        };
        step.send(&self.operator.with_token(token))
    }
}

impl Run {
    fn new(seed: u64) -> Self {
        let (node, generator) = (Node::start(), Generator::new(seed));
        Self { seed, node, world: World::default(), generator, told: VecDeque::new(), done: 0 }
    }

    fn go(mut self, steps: usize) {
        let mut last = None;
        while self.done < steps {
            self.done += 1;
            match self.generator.random.below(200) {
                0..3 => self.restart(),
                3..6 => self.kill_during_a_call(),
                6..24 => self.two_at_once(),
                // A client that got no answer asks again.
                24..32 if last.is_some() => self.one(last.clone().unwrap()),
                _ => {
                    let step = self.generator.step(&self.world);
                    last = Some(step.clone());
                    self.one(step);
                }
            }
            self.end_old_tails();
            if self.done.is_multiple_of(COMPARE_EVERY) || self.done == steps {
                self.compare();
            }
        }
    }

    fn one(&mut self, step: Step) {
        let answer = self.node.send(&step);
        self.tell(&step, answer.as_ref());
        let Some((status, document)) = answer else { self.fail("the node is gone") };
        let wanted = self.world.apply(&step, Some(&document));
        let found = outcome(status, &document);
        if found != wanted {
            self.fail(&format!("found {found:?}, wanted {wanted:?}: {document}"));
        }
        self.compare_worker(&step.worker);
    }

    /// Either may come first; nothing else may come of it.
    fn two_at_once(&mut self) {
        let first = self.generator.step(&self.world);
        let second = self.generator.step_on(&self.world, first.worker.clone());
        let node = &self.node;
        let (one, other) = std::thread::scope(|threads| {
            let other = threads.spawn(|| node.send(&second));
            (node.send(&first), other.join().unwrap())
        });
        self.told.push_back("at the same time:".to_owned());
        self.tell(&first, one.as_ref());
        self.tell(&second, other.as_ref());
        let (Some(one), Some(other)) = (one, other) else { self.fail("the node is gone") };
        let mut candidates = Vec::new();
        for order in [[(&first, &one), (&second, &other)], [(&second, &other), (&first, &one)]] {
            let mut world = self.world.clone();
            let fits = order
                .iter()
                .all(|(step, (status, said))| world.apply(step, Some(said)) == outcome(*status, said));
            candidates.extend(fits.then_some(world));
        }
        self.choose(candidates);
    }

    fn restart(&mut self) {
        self.told.push_back("kill -9, and start again".to_owned());
        self.node.restart();
        self.world.restart();
        self.compare();
    }

    /// It was done or it was not; if it was answered, it was done.
    fn kill_during_a_call(&mut self) {
        let step = self.generator.step(&self.world);
        let wait = Duration::from_millis(u64::try_from(self.generator.random.below(120)).unwrap());
        let (node, pid) = (&self.node, u64::from(self.node.mote.pid()));
        let answer = std::thread::scope(|threads| {
            let asking = threads.spawn(|| node.send(&step));
            std::thread::sleep(wait);
            signal("KILL", pid);
            asking.join().unwrap()
        });
        self.told.push_back("kill -9 during this, and start again:".to_owned());
        self.tell(&step, answer.as_ref());
        self.node.restart();
        let mut done = self.world.clone();
        let wanted = done.apply(&step, answer.as_ref().map(|(_, document)| document));
        let mut candidates = vec![done];
        match answer {
            Some((status, document)) if outcome(status, &document) != wanted => {
                self.fail(&format!("wanted {wanted:?}: {document}"));
            }
            Some(_) => {}
            None => candidates.push(self.world.clone()),
        }
        candidates.iter_mut().for_each(World::restart);
        self.choose(candidates);
    }

    /// Takes the world that the node is in.
    fn choose(&mut self, candidates: Vec<World>) {
        let mut wrong = String::from("the answers fit no order");
        for mut candidate in candidates {
            match check::everything(&mut candidate, &self.node.operator, &self.node.mote) {
                Ok(()) => {
                    self.world = candidate;
                    return;
                }
                Err(difference) => wrong = difference,
            }
        }
        self.fail(&wrong);
    }

    fn end_old_tails(&mut self) {
        for worker in self.world.workers.keys().cloned().collect::<Vec<_>>() {
            let known = &self.world.workers[&worker];
            let account = known.account;
            let old = known.tails.iter().filter(|(_, since)| since.elapsed() > TAIL_MAX);
            for id in old.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
                let (by, act) = (By::Operator, step::Act::DeleteTail(id));
                self.one(Step { by, account, worker: worker.clone(), act });
            }
        }
    }

    fn compare(&mut self) {
        if let Err(difference) = check::everything(&mut self.world, &self.node.operator, &self.node.mote) {
            self.fail(&difference);
        }
    }

    fn compare_worker(&mut self, name: &str) {
        let sound = name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte));
        if sound
            && !name.starts_with('-')
            && let Err(difference) = check::worker(&mut self.world, &self.node.operator, name)
        {
            self.fail(&difference);
        }
    }

    fn tell(&mut self, step: &Step, answer: Option<&(u16, Value)>) {
        let Step { by, account, worker, act } = step;
        let said = answer.map_or("no answer".to_owned(), |(status, document)| {
            format!("{status} {}", document["errors"][0]["message"].as_str().unwrap_or_default())
        });
        self.told
            .push_back(format!("#{} {by:?} for {account}/{worker}: {act:?}\n      -> {said}", self.done));
        while self.told.len() > SHOWN {
            self.told.pop_front();
        }
    }

    fn fail(&self, why: &str) -> ! {
        let mut told = String::new();
        self.told.iter().for_each(|line| writeln!(told, "{line}").unwrap());
        panic!(
            "MOTE_SEED={} fails at call {}: {why}\n\nthe last calls:\n{told}\nmote wrote:\n{}",
            self.seed,
            self.done,
            self.node.mote.output()
        );
    }
}

fn outcome(status: u16, document: &Value) -> (u16, u64) {
    (status, document["errors"][0]["code"].as_u64().unwrap_or(0))
}
