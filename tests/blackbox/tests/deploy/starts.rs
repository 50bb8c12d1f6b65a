//! What is made at deploy so that a worker starts sooner.

use mote_blackbox::{Commands, Door, Launch, Mote, Project, eventually, mote as mote_command};
use serde_json::{Value, json};

/// Top-level code that takes a while, with a secret and a counter beside it.
const HEAVY: &str = "const table = new Map();\n\
    for (let i = 0; i < 40_000; i++) table.set('key' + i, { i });\n\
    let events = 0;\n\
    export default { fetch: (request: Request, env: any) =>\n\
    Response.json({ size: table.size, events: ++events, key: env.KEY ?? null, at: Date.now() > 1e12 }) };\n";

fn node() -> (Mote, Door, Commands) {
    let mote = Launch::serve_nothing().start();
    let door = Door::of(&mote);
    let commands = Commands::of(&mote, &door);
    (mote, door, commands)
}

/// What is known of how the newest version starts.
fn start_of(commands: &Commands, worker: &str) -> Value {
    eventually(|| {
        let versions = commands.json(&["versions", worker]);
        let newest = versions.as_array()?.iter().max_by_key(|version| version["number"].as_u64())?;
        newest.get("start").cloned()
    })
}

fn again(mote: Mote) -> Mote {
    let data = mote.data().to_owned();
    let kept = tempfile::tempdir().unwrap();
    let copy = kept.path().join("data");
    mote.end();
    let status = std::process::Command::new("cp").arg("-r").arg(&data).arg(&copy).status().unwrap();
    assert!(status.success());
    let next = mote_command(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"])
        .arg(&copy)
        .start();
    // Removed with the test's other files.
    let _ = kept.keep();
    next
}
