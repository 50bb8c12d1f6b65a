//! The command as its users meet it.
#![forbid(unsafe_code)]

use std::process::{Command, Output};

fn simulate(words: &[&str]) -> Output {
    let command = Command::new(env!("CARGO_BIN_EXE_mote-simulator")).args(words).output();
    command.expect("the simulator can be started")
}

const SMALL: [&str; 8] = ["--tenants", "50", "--events", "2000", "--seconds", "60", "--memory-mib", "32"];

#[test]
fn the_report_has_a_row_for_each_trace_and_policy() {
    let mut words = SMALL.to_vec();
    words.extend(["--trace", "zipf,scan", "--keep", "gdsf,lru", "--place", "stay,random"]);
    let output = simulate(&words);
    assert!(output.status.success(), "{output:?}");
    let table = String::from_utf8(output.stdout).unwrap();
    assert_eq!(table.lines().count(), 2 + 8, "{table}");
    assert!(table.lines().all(|line| line.starts_with("| ") && line.ends_with(" |")), "{table}");
    words.push("--json");
    let json: serde_json::Value = serde_json::from_slice(&simulate(&words).stdout).unwrap();
    assert_eq!(json["fleet"]["tenants"], 50);
    let runs = json["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 8);
    assert!(runs.iter().all(|run| run["events"].as_u64() > Some(1_500) && run["p99_ms"].is_f64()), "{json}");
}

#[test]
fn a_trace_that_cannot_be_read_is_named_with_its_line() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let path = format!("{folder}/bad-trace.csv");
    std::fs::write(&path, "5,a,1,1,1\n4,a,1,1,1\n").unwrap();
    for (path, what) in [(path.as_str(), "line 2"), ("no-such-trace.csv", "cannot be read")] {
        let output = simulate(&["--recorded", path]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(what) && said.contains(path), "{said}");
    }
}
