//! The kill switch holds until the operator says otherwise.

use mote_blackbox::{DeployApi, Door, Mote, mote as mote_command, signal};

use super::{node, says};

/// The same node again, on the same folder.
fn again(data: &std::path::Path) -> (Mote, Door) {
    let node = mote_command(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"])
        .arg(data)
        .start();
    let door = Door::of(&node);
    (node, door)
}

fn order(door: &Door, worker: &str, order: &str) -> (u16, String) {
    door.ask("POST", &format!("/workers/{worker}/{order}"), "")
}

fn error(mote: &Mote) -> String {
    mote.get_from_host("shop.localhost", "/").header("mote-error").to_owned()
}

#[test]
fn a_worker_that_was_stopped_stays_so_after_a_restart_a_crash_and_a_deploy() {
    let (mut first, door, api) = node();
    assert_eq!(api.deploy("shop", &says("1")).0, 200);
    assert_eq!(order(&door, "shop", "stop"), (200, "shop is stopped\n".to_owned()));
    assert_eq!(error(&first), "worker-stopped");
    assert_eq!(api.deploy("shop", &says("2")).0, 200);
    assert_eq!(error(&first), "worker-stopped", "a new version does not start it");
    first.says_in_a_line(&["`shop` is stopped", "operator"]);
    assert!(first.interrupt().success());
    let (mut second, _door) = again(first.data());
    // Before its first event.
    assert_eq!(error(&second), "worker-stopped");
    signal("KILL", u64::from(second.pid()));
    second.ended();
    let (third, door) = again(first.data());
    assert_eq!(error(&third), "worker-stopped");
    assert_eq!(order(&door, "shop", "start"), (200, "shop takes requests again\n".to_owned()));
    assert_eq!(third.get_from_host("shop.localhost", "/").text, "2");
}

#[test]
fn a_worker_is_stopped_and_isolated_before_its_first_event() {
    let (mut first, _door, api) = node();
    assert_eq!(api.deploy("shop", &says("1")).0, 200);
    assert_eq!(api.deploy("blog", &says("blog")).0, 200);
    // The next node has had no event of theirs.
    assert!(first.interrupt().success());
    let (mote, door) = again(first.data());
    assert_eq!(order(&door, "shop", "isolate").0, 200);
    assert_eq!(order(&door, "shop", "stop").0, 200);
    assert_eq!(order(&door, "nobody", "stop").0, 404);
    assert_eq!(error(&mote), "worker-stopped");
    assert_eq!(mote.get_from_host("blog.localhost", "/").text, "blog");
    assert_eq!(order(&door, "shop", "start").0, 200);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "1");
    assert!(door.serving().iter().any(|cell| cell["suspect"] == "shop"), "{:?}", door.cells());
    assert_eq!(order(&door, "shop", "release").0, 200);
}

#[test]
fn a_stop_reaches_previews_and_files_and_outlives_a_worker_that_is_deleted() {
    let (mote, door, api) = node();
    let (_, deployed) = api.deploy("shop", &says("1"));
    let version = deployed["result"]["deployment_id"].as_str().unwrap()[..8].to_owned();
    assert_eq!(api.deploy("shop", &says("2")).0, 200);
    let preview = format!("{version}-shop.localhost");
    assert_eq!(mote.get_from_host(&preview, "/").text, "1");
    assert_eq!(order(&door, "shop", "stop").0, 200);
    assert_eq!(mote.get_from_host(&preview, "/").header("mote-error"), "worker-stopped");
    let deleted = api.ask("DELETE", "accounts/acme/workers/scripts/shop", &serde_json::Value::Null);
    assert_eq!(deleted.0, 200, "{}", deleted.1);
    assert_eq!(deploy_again(&api), 200);
    assert_eq!(error(&mote), "worker-stopped");
}

fn deploy_again(api: &DeployApi) -> u16 {
    api.deploy("shop", &says("3")).0
}
