//! A `mote dev` with hostile workers and their neighbours, and what can be asked about it from outside.

use std::fmt::Write as _;
use std::fs;

use mote_blackbox::{Launch, Mote, Project, Wire, mote};
use serde_json::Value;

use crate::Worker;
use crate::neighbours::NEIGHBOURS;

/// Words that the terminal never says while all is well.
const ALARMS: [&str; 7] = [
    "panicked at",
    "Fatal error in",
    "Fatal process",
    "Fatal JavaScript",
    "stack overflow",
    "memory allocation of",
    "RUST_BACKTRACE",
];

/// The process.
pub(crate) struct Node {
    mote: Mote,
    admin: u16,
    _projects: Vec<Project>,
}

/// What a worker's books say.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Books {
    /// Outcomes that occurred, and how often.
    pub(crate) outcomes: Vec<(String, u64)>,
    pub(crate) under_way: u64,
    pub(crate) cpu_us: u64,
}

impl Books {
    pub(crate) fn events(&self) -> u64 {
        self.outcomes.iter().map(|(_, count)| count).sum()
    }
}

impl Node {
    /// Starts it; every hostile worker has an account of its own, and with it limits of its own.
    pub(crate) fn start(workers: &[Worker], upstream: &str) -> Self {
        let launch = mote(["dev", "--port", "0", "--admin", "127.0.0.1:0"]);
        Self::launch(launch, &operators_config(workers), workers, upstream)
    }

    /// The same in a cell: one for all of them, so that whoever harms it harms all.
    pub(crate) fn start_in_cell(workers: &[Worker], upstream: &str) -> Self {
        let mut config = operators_config(workers);
        config += "[cordons.default]\ncells = 1\n";
        for name in
            workers.iter().map(|worker| worker.name.as_str()).chain(NEIGHBOURS.iter().map(|(name, _)| *name))
        {
            // Their upstream is on this machine.
            writeln!(config, "[workers.{name}]\negress = \"any\"").expect("a string can be written to");
        }
        Self::launch(Launch::serve_nothing(), &config, workers, upstream)
    }

    fn launch(launch: Launch, config: &str, workers: &[Worker], upstream: &str) -> Self {
        let operator = Project::empty().with("mote.toml", config);
        let mut launch = launch.arg("--config").arg(operator.file("mote.toml"));
        let mut projects = vec![operator];
        for (name, source) in NEIGHBOURS {
            projects.push(project(name, source, upstream));
        }
        for worker in workers {
            let project = project(&worker.name, &worker.source, upstream);
            if let Some(wasm) = &worker.header.wasm {
                fs::write(project.file("src/module.wasm"), wasm).expect("a project file can be written");
            }
            projects.push(project);
        }
        for project in &projects[1..] {
            launch = launch.arg(project.path());
        }
        let mote = launch.start();
        let admin = admin_port(&mote);
        Self { mote, admin, _projects: projects }
    }

    pub(crate) fn port(&self) -> u16 {
        self.mote.port()
    }

    /// What the books say of one worker.
    pub(crate) fn books(&self, worker: &str) -> Books {
        let mut wire = Wire::to(self.admin);
        wire.send(format!(
            "GET /stats HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\n\r\n",
            self.admin
        ));
        let stats: Value = serde_json::from_slice(&wire.whole()).expect("the stats are JSON");
        let workers = stats.as_array().expect("the stats are a list");
        let Some(found) = workers.iter().find(|found| found["worker"] == worker) else {
            return Books::default();
        };
        let events = found["events"].as_object().expect("events by outcome");
        let number = |value: &Value| value.as_u64().expect("a count");
        let outcomes = events.iter().map(|(outcome, count)| (outcome.clone(), number(count)));
        Books {
            outcomes: outcomes.filter(|(_, count)| *count > 0).collect(),
            under_way: number(&found["events_under_way"]),
            cpu_us: number(&found["cpu_us"]),
        }
    }

    /// Memory of the process that is resident now, in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most that was resident since [`Node::forget_peak`], in KiB.
    pub(crate) fn peak_kib(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// Lets the peak begin anew.
    pub(crate) fn forget_peak(&self) {
        // Where the kernel does not let us, the peak is the one since the start, which is no smaller.
        let _ = fs::write(format!("/proc/{}/clear_refs", self.mote.pid()), "5");
    }

    /// The process lives, and has said nothing that it never should.
    pub(crate) fn is_well(&self) -> Result<(), String> {
        let state = fs::read_to_string(format!("/proc/{}/status", self.mote.pid())).unwrap_or_default();
        let ended =
            state.lines().any(|line| line.starts_with("State:") && line.contains('Z')) || state.is_empty();
        let output = self.mote.output();
        let alarm = ALARMS.iter().find(|alarm| output.contains(**alarm));
        match alarm {
            None if !ended => Ok(()),
            _ => Err(format!(
                "the process {}; it wrote:\n{}",
                if ended { "has ended" } else { "raised an alarm" },
                last_of(&output)
            )),
        }
    }

    /// All that it wrote.
    pub(crate) fn said(&self) -> String {
        self.mote.output()
    }

    /// The end of what it wrote.
    pub(crate) fn last_words(&self) -> String {
        last_of(&self.mote.output())
    }

    fn status(&self, key: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.mote.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").trim().parse().unwrap_or_default()
    }
}

fn project(name: &str, source: &str, upstream: &str) -> Project {
    // Those that attack by way of Node's modules say so in their name.
    let flags = if name.starts_with("node-") { "compatibility_flags = [\"nodejs_compat\"]\n" } else { "" };
    let config = format!(
        "name = \"{name}\"\nmain = \"src/index.js\"\ncompatibility_date = \"2026-08-01\"\naccount_id = \"{name}\"\n\
         {flags}no_bundle = true\n[vars]\nUPSTREAM = \"{upstream}\"\n"
    );
    Project::empty().with("wrangler.toml", &config).with("src/index.js", source)
}

fn operators_config(workers: &[Worker]) -> String {
    let account = |worker: &Worker| {
        let limits = worker.header.all_limits().into_iter();
        let lines: String = limits.map(|(key, value)| format!("{key} = {value}\n")).collect();
        format!("[accounts.{}.limits]\n{lines}", worker.name)
    };
    workers.iter().map(account).collect()
}

fn admin_port(mote: &Mote) -> u16 {
    let said = mote.says(&["admin http://127.0.0.1:"]);
    let (_, rest) = said.split_once("admin http://127.0.0.1:").expect("it was just said");
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect("a port")
}

fn last_of(output: &str) -> String {
    let skipped = output.chars().count().saturating_sub(4_000);
    output.chars().skip(skipped).collect()
}
