//! Modules of Node: the same code in Mote and in the real one, and the same must come of it.

use std::{path::Path, process::Command, sync::LazyLock};

use mote_cell::Deployment;
use mote_wire::{
    bundle::{Format, ModuleKind},
    compatibility::{Compatibility, Date},
};

use crate::{
    harness::{Harness, bundle, run},
    tests,
};

/// Each file of `tests/node` that lists cases, by its name in `lists.js`.
macro_rules! lists {
    ($($name:ident),* $(,)?) => {
        tests! { $($name,)* }
        $(fn $name() {
            compare(stringify!($name));
        })*
    };
}

lists! { assert, async_hooks, buffer, crypto, crypto_agreement, crypto_certificates, crypto_rare, events, files, path, querystring, rest, stream, string_decoder, url, util, zlib }

const ENV: &str = r#"{"GREETING":"hi","SETTINGS":{"a":1}}"#;

fn with_node() -> Compatibility {
    Compatibility::settle(Some("2026-01-01"), ["nodejs_compat"], Date::MAX).unwrap()
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node"))
}

/// What Node makes of all the lists.
static EXPECTED: LazyLock<serde_json::Value> = LazyLock::new(|| {
    let script = "import { outcomes } from './outcomes.js'; import { lists } from './lists.js';
        process.on('uncaughtException', () => {}); const all = {}; for (const name in lists) all[name] = await outcomes(lists[name]);
        process.stdout.write(JSON.stringify(all), () => process.exit(0));";
    let output = Command::new("node")
        .args(["--no-warnings", "--input-type=module", "--eval", script])
        .current_dir(folder())
        .output()
        .expect("Node 20, which the tests need");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
});

fn compare(list: &str) {
    let files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "js"))
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    let mut modules: Vec<_> =
        files.iter().map(|(name, text)| (name.as_str(), ModuleKind::EsModule, text.as_slice())).collect();
    modules.sort_by_key(|(name, ..)| *name != "index.js");
    run(async {
        let harness = Harness::with(&[("cpu_ms", 30_000), ("startup_cpu_ms", 10_000)]);
        let bundle = bundle(&modules, Format::Modules);
        let deployment =
            Deployment { compatibility: with_node(), env_json: ENV, ..harness.deployment(&bundle) };
        harness.cell.deploy("w", &deployment).unwrap();
        let (status, answer) = harness.get("w.localhost", &format!("/{list}")).await;
        assert_eq!(status, 200, "{answer} {:?}", harness.log.lines());
        let ours: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let theirs = EXPECTED[list].as_object().expect("Node has run the list");
        let wrong: Vec<_> = theirs
            .iter()
            .filter(|(name, outcome)| ours[name.as_str()] != **outcome)
            .map(|(name, outcome)| difference(name, &ours[name.as_str()], outcome))
            .collect();
        assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), theirs.len(), wrong.join("\n"));
    });
}

/// Where two outcomes begin to differ.
fn difference(name: &str, ours: &serde_json::Value, theirs: &serde_json::Value) -> String {
    let (ours, theirs) = (ours.as_str().unwrap_or_default(), theirs.as_str().unwrap_or_default());
    let same = ours.chars().zip(theirs.chars()).take_while(|(one, other)| one == other).count();
    let from = same.saturating_sub(60);
    let part = |text: &str| text.chars().skip(from).take(200).collect::<String>();
    format!("{name}, at {same}:\n  Mote ...{}\n  Node ...{}", part(ours), part(theirs))
}
