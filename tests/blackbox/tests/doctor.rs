//! What `mote doctor` says of a machine is what its cells then have.

use mote_blackbox::{Door, Launch, Project, mote};
use serde_json::Value;

#[test]
fn every_part_that_the_doctor_finds_holds_the_cells() {
    let said = mote(["doctor", "--json"]).refuse();
    let parts: Value = serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said:?}"));
    let parts = parts.as_array().unwrap();
    let lacks = |part: &&Value| part["holds"] == false && part["required"] == true;
    assert_eq!(said.code, Some(i32::from(parts.iter().any(|part| lacks(&part)))));
    let mote = Launch::serve(Project::handler("return new Response('here');").path()).start();
    let cells = Door::of(&mote).cells();
    let held = cells[0]["sandbox"].as_array().unwrap().clone();
    let counts = parts.iter().find(|part| part["part"] == "performance counters").unwrap()["holds"] == true;
    assert_eq!(cells[0]["counted"], counts, "the processor counts for cells where it counts at all");
    let by = if counts { "by the processor's counters" } else { "by behaviour alone" };
    mote.says_in_a_line(&["side channels are looked for", by]);
    for name in [
        "user namespace",
        "process namespace",
        "network namespace",
        "ipc namespace",
        "mounts",
        "landlock",
        "system calls",
    ] {
        let found =
            parts.iter().find(|part| part["part"] == name).unwrap_or_else(|| panic!("no word of {name}"));
        assert_eq!(held.iter().any(|part| part == name), found["holds"] == true, "{name}: {held:?}");
        assert_eq!(found["reason"].is_null(), found["holds"] == true, "{found}");
    }
}

#[test]
fn the_doctor_says_what_each_part_is_for() {
    let said = mote(["doctor"]).refuse();
    assert!(
        said.stdout.contains("system calls") && said.stdout.contains("a cell has no files"),
        "{}",
        said.stdout
    );
    assert!(said.stderr.is_empty(), "{}", said.stderr);
}
