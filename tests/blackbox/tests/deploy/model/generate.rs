//! Calls by chance, sensible and senseless, on few names, so that they meet.

use serde_json::{Value, json};

use super::addresses::{DOMAINS, ROUTES};
use super::random::Random;
use super::step::{Act, Bind, By, Changing, Flaw, Step, Then, Upload};
use super::world::World;

pub(super) const ACCOUNTS: [&str; 2] = ["acme", "other"];
/// The third is as long as the name of a preview of the first.
const NAMES: [&str; 5] = ["shop", "w1", "big-bike-shop", "w_2", "api"];
const BAD_NAMES: [&str; 6] = ["-shop", "Shop", "a.b", "..", "%2e%2e", "shop%00"];
pub(super) const CRONS: [&str; 4] = ["0 0 1 1 *", "59 23 31 12 *", "0 0 29 2 *", "0 17 L 1 *"];
const BAD_CRONS: [&str; 4] = ["", "* * * *", "0 0 31 2 *", "61 * * * *"];
const SECRETS: [&str; 4] = ["KEY", "WORD", "LIST", "_x-1"];
const PERCENTAGES: [&[f64]; 12] = [
    &[100.0],
    &[100.0],
    &[50.0, 50.0],
    &[0.1, 99.9],
    &[67.0, 33.0],
    &[100.0, 0.0],
    &[],
    &[99.0],
    &[60.0, 60.0],
    &[-1.0, 101.0],
    &[1e300],
    &[30.0, 30.0, 40.0],
];

pub(super) struct Generator {
    pub(super) random: Random,
    marks: u64,
}

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), marks: 0 }
    }

    /// A call on any worker.
    pub(super) fn step(&mut self, world: &World) -> Step {
        let worker = self.worker(world);
        self.step_on(world, worker)
    }

    /// A call on this one.
    pub(super) fn step_on(&mut self, world: &World, worker: String) -> Step {
        let owner = world.workers.get(&worker).map(|known| known.account);
        let account = match owner {
            Some(owner) if self.random.chance(88) => owner,
            _ => self.random.one_of(&ACCOUNTS),
        };
        let act = self.act(world, &worker);
        let nonsense = BAD_NAMES.contains(&worker.as_str());
        let by = match self.random.below(20) {
            0 if !nonsense => By::Member(self.random.one_of(&ACCOUNTS)),
            1..=6 if !nonsense => By::Member(account),
            7 if self.random.chance(30) => By::Nobody,
            _ => By::Operator,
        };
        Step { by, account, worker, act }
    }

    fn worker(&mut self, world: &World) -> String {
        let known: Vec<&String> = world.workers.keys().collect();
        match self.random.below(100) {
            0..75 if !known.is_empty() => self.random.one_of(&known).clone(),
            0..95 => self.random.one_of(&NAMES).to_owned(),
            // The name of a preview, which somebody may take.
            95..98 => {
                let taken = known.first().map(|name| (*name, &world.workers[*name].versions));
                let label = taken
                    .and_then(|(name, versions)| Some(format!("{}-{name}", versions.last()?.id.get(..8)?)));
                label.filter(|label| label.len() < 30).unwrap_or_else(|| "shop".to_owned())
            }
            _ => self.random.one_of(&BAD_NAMES).to_owned(),
        }
    }

    fn act(&mut self, world: &World, worker: &str) -> Act {
        let known = world.workers.get(worker);
        match self.random.below(100) {
            0..26 => Act::Upload(self.upload(Then::Deploy)),
            26..36 => Act::Upload(self.upload(Then::Keep)),
            36..52 => self.deploy(world, worker),
            52..64 => self.secrets(),
            64..72 => {
                let sound = self.some(&ROUTES[..9], 20);
                Act::Routes(self.perhaps_wrong(sound, ROUTES))
            }
            72..78 => {
                let sound = self.some(&DOMAINS[..5], 25);
                Act::Domains(self.perhaps_wrong(sound, DOMAINS))
            }
            78..83 => {
                let sound = self.some(&CRONS, 40);
                Act::Schedules(self.perhaps_wrong(sound, &BAD_CRONS))
            }
            83..86 => Act::Tags(self.tags()),
            86..89 => Act::CreateTail,
            89..91 => {
                let ids: Vec<String> =
                    known.into_iter().flat_map(|known| known.tails.keys().cloned()).collect();
                let any = !ids.is_empty() && self.random.chance(80);
                Act::DeleteTail(if any { self.random.one_of(&ids) } else { "0".repeat(32) })
            }
            91..94 => Act::Delete(self.random.one_of(&["scripts", "services"])),
            94..97 => {
                let what = [
                    "versions",
                    "deployments",
                    "settings",
                    "secrets",
                    "schedules",
                    "tails",
                    "script-settings",
                ];
                Act::Read(self.random.one_of(&what))
            }
            97..99 => {
                let calls = [
                    ("POST", "deployments"),
                    ("PUT", "secrets"),
                    ("PUT", "routes"),
                    ("PUT", "schedules"),
                    ("PUT", "domains/records"),
                    ("PATCH", "script-settings"),
                    ("POST", "tails"),
                ];
                let (method, what) = self.random.one_of(&calls);
                Act::Garbage(method, what)
            }
            _ => Act::Unknown,
        }
    }

    fn some(&mut self, choices: &[&'static str], percent: usize) -> Vec<&'static str> {
        self.random.some_of(choices, percent)
    }

    /// Now and then with one more, which may be wrong or there already.
    fn perhaps_wrong(&mut self, mut list: Vec<&'static str>, choices: &[&'static str]) -> Vec<&'static str> {
        if self.random.chance(12) {
            list.push(self.random.one_of(choices));
        }
        list
    }

    fn tags(&mut self) -> Value {
        self.random.one_of(&[
            json!(["one"]),
            json!([]),
            json!(["two", "three"]),
            json!("one"),
            json!([1]),
            Value::Null,
        ])
    }

    fn upload(&mut self, then: Then) -> Upload {
        self.marks += 1;
        let mark = self.marks;
        let mut bindings = Vec::new();
        for name in ["WORD", "LIST", "KEY", "MINE"] {
            let bind = match self.random.below(12) {
                0 | 1 => Bind::Plain(format!("text {mark} \"\u{e9}\u{1f4a5}\\")),
                2 => Bind::Json(json!({"list": [mark, null, {"__proto__": 1}]})),
                3 => Bind::Secret(format!("hush {mark}")),
                4 if self.random.chance(50) => {
                    Bind::Inherit(self.random.one_of(&["WORD", "KEY", "LIST", "MINE"]))
                }
                _ => continue,
            };
            bindings.push((name, bind));
        }
        match self.random.below(8) {
            0 => bindings.push(("NEXT", Bind::Service(self.random.one_of(&NAMES).to_owned()))),
            1 if self.random.chance(30) => bindings.push(("NEXT", Bind::Inherit("NEXT"))),
            _ => {}
        }
        let flaws = [
            Flaw::NoForm,
            Flaw::NoMetadata,
            Flaw::NoMain,
            Flaw::ModuleTwice,
            Flaw::UnknownType,
            Flaw::BindingTwice,
            Flaw::NotYet,
            Flaw::Syntax,
            Flaw::Throws,
            Flaw::NoHandlers,
        ];
        let flaw = if self.random.chance(15) { self.random.one_of(&flaws) } else { Flaw::None };
        let keeps = if self.random.chance(60) {
            self.random.some_of(&["secret_text", "plain_text", "json", "service"], 60)
        } else {
            Vec::new()
        };
        let tags = self.random.chance(10).then(|| self.tags()).filter(|tags| !tags.is_null());
        Upload { mark, then, flaw, bindings, keeps, tags }
    }

    fn deploy(&mut self, world: &World, worker: &str) -> Act {
        let percentages = self.random.one_of(&PERCENTAGES);
        let ids = |name: &str| -> Vec<String> {
            let known = world.workers.get(name).into_iter().flat_map(|known| &known.versions);
            known.map(|version| version.id.clone()).filter(|id| !id.is_empty()).collect()
        };
        let (own, others) = (ids(worker), NAMES.iter().flat_map(|name| ids(name)).collect::<Vec<_>>());
        let shares = percentages.iter().map(|percentage| {
            let id = match self.random.below(20) {
                0 => "00000000-0000-4000-8000-000000000000".to_owned(),
                1 if !others.is_empty() => self.random.one_of(&others),
                _ if own.is_empty() => "none".to_owned(),
                _ => self.random.one_of(&own),
            };
            (id, *percentage)
        });
        Act::Deploy(shares.collect())
    }

    fn secrets(&mut self) -> Act {
        self.marks += 1;
        let text = format!("hush {}", self.marks);
        match self.random.below(10) {
            0..4 => Act::Secrets(Changing::Put, vec![(self.random.one_of(&SECRETS), Some(text))]),
            4..6 => Act::Secrets(Changing::Delete, vec![(self.random.one_of(&SECRETS), None)]),
            which => {
                let names = self.random.some_of(&SECRETS, 50);
                let changes =
                    names.into_iter().map(|name| (name, self.random.chance(70).then(|| text.clone())));
                let changing = if which < 8 { Changing::Bulk } else { Changing::Latest };
                Act::Secrets(changing, changes.collect())
            }
        }
    }
}
