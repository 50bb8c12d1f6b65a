//! A node on somebody else's store, without what belongs to it.

use std::path::{Path, PathBuf};

use mote_blackbox::{DeployApi, Door, Launch, Mote, Refusal, mote as mote_command};
use serde_json::json;

use super::{node, says};

const KEYED: &str = "export default { fetch: (request, env) => new Response(env.KEY ?? 'none') }";

fn serve(data: &Path) -> Launch {
    mote_command(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"]).arg(data)
}

fn restore(copy: &Path, data: &Path, more: &[&str]) -> Refusal {
    let command = mote_command(["restore"]).arg(copy).arg("--data").arg(data);
    more.iter().fold(command, Launch::arg).refuse()
}

/// Backs a node up; its key is not in it.
fn backup(mote: &Mote, folder: &Path) -> PathBuf {
    let copy = folder.join("copy.sqlite");
    let done = mote_command(["backup"]).arg(&copy).arg("--data").arg(mote.data()).refuse();
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    copy
}

/// A node with a worker that has a secret, and one that has none.
fn keyed_node() -> (Mote, Door, DeployApi) {
    let (mote, door, api) = node();
    assert_eq!(api.deploy("shop", KEYED).0, 200);
    set_key(&api);
    assert_eq!(api.deploy("blog", &says("blog")).0, 200);
    (mote, door, api)
}

fn set_key(api: &DeployApi) {
    let secret = json!({"name": "KEY", "text": "hush"});
    let (status, answer) = api.ask("PUT", "accounts/acme/workers/scripts/shop/secrets", &secret);
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn a_store_whose_key_lacks_or_is_another_is_not_served_and_no_key_is_made_for_it() {
    let (mote, _door, _api) = keyed_node();
    let folder = tempfile::tempdir().unwrap();
    let (copy, data) = (backup(&mote, folder.path()), folder.path().join("data"));
    let restored = restore(&copy, &data, &[]);
    assert_eq!(restored.code, Some(0), "{}", restored.stderr);
    assert!(restored.stderr.contains("secrets.key is missing"), "{}", restored.stderr);
    let key = data.join("secrets.key");
    let refused = serve(&data).refuse();
    assert!(
        refused.code == Some(1) && refused.stderr.contains("secrets.key is missing"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("`shop`") && !key.exists(), "{}", refused.stderr);
    std::fs::write(&key, [7; 32]).unwrap();
    let refused = serve(&data).refuse();
    assert!(refused.code == Some(1) && refused.stderr.contains("another key"), "{}", refused.stderr);
    std::fs::copy(mote.data().join("secrets.key"), &key).unwrap();
    let served = serve(&data).start();
    assert_eq!(served.get_from_host("shop.localhost", "/").text, "hush");
    assert_eq!(served.get_from_host("blog.localhost", "/").text, "blog");
}

#[test]
fn a_store_without_secrets_needs_no_key_and_one_with_its_key_is_said_to_be_whole() {
    let (mote, _door, api) = node();
    assert_eq!(api.deploy("blog", &says("blog")).0, 200);
    let folder = tempfile::tempdir().unwrap();
    let (copy, data) = (backup(&mote, folder.path()), folder.path().join("data"));
    let restored = restore(&copy, &data, &[]);
    assert!(restored.code == Some(0) && restored.stderr.is_empty(), "{}", restored.stderr);
    assert_eq!(serve(&data).start().get_from_host("blog.localhost", "/").text, "blog");
    // The same with a secret, where the key lies already.
    assert_eq!(api.deploy("shop", KEYED).0, 200);
    set_key(&api);
    std::fs::remove_file(&copy).unwrap();
    let (copy, whole) = (backup(&mote, folder.path()), folder.path().join("whole"));
    std::fs::create_dir(&whole).unwrap();
    std::fs::copy(mote.data().join("secrets.key"), whole.join("secrets.key")).unwrap();
    let refused = restore(&copy, &whole, &["--forget-secrets"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("opens the secrets"), "{}", refused.stderr);
    let restored = restore(&copy, &whole, &[]);
    assert!(restored.code == Some(0) && restored.stderr.contains("secrets open"), "{}", restored.stderr);
    assert_eq!(serve(&whole).start().get_from_host("shop.localhost", "/").text, "hush");
}

#[test]
fn secrets_that_are_given_up_are_missed_by_their_workers_alone_and_can_be_set_again() {
    let (mote, _door, _api) = keyed_node();
    let folder = tempfile::tempdir().unwrap();
    let (copy, data) = (backup(&mote, folder.path()), folder.path().join("data"));
    let restored = restore(&copy, &data, &["--forget-secrets"]);
    assert!(
        restored.code == Some(0) && restored.stderr.contains("shop (account acme)"),
        "{}",
        restored.stderr
    );
    let served = serve(&data).start();
    let door = Door::of(&served);
    assert_eq!(served.get_from_host("blog.localhost", "/").text, "blog");
    for _ in 0..3 {
        let answer = served.get_from_host("shop.localhost", "/");
        assert_eq!((answer.status, answer.header("mote-error")), (500, "internal-error"));
    }
    served.says_in_a_line(&[" error ", "`shop` cannot be put into service", "set them again"]);
    assert_eq!(served.output().matches("cannot be put into service").count(), 1, "{}", served.output());
    let token = std::fs::read_to_string(data.join("admin-token")).unwrap();
    let api = DeployApi::at(door.port(), token.trim());
    // The owner may go on without it, or bring it again.
    assert_eq!(api.deploy("shop", KEYED).0, 200);
    assert_eq!(served.get_from_host("shop.localhost", "/").text, "none");
    set_key(&api);
    assert_eq!(served.get_from_host("shop.localhost", "/").text, "hush");
}

#[test]
fn what_cannot_be_used_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let none = folder.path().join("none");
    std::fs::write(&none, "no backup at all, but some text that is long enough").unwrap();
    let refused = restore(&none, &folder.path().join("data"), &[]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("none is no backup of a node"), "{}", refused.stderr);
    // A token that somebody has emptied.
    let data = folder.path().join("emptied");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("admin-token"), "\n").unwrap();
    let refused = serve(&data).refuse();
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("admin-token holds no token"), "{}", refused.stderr);
    // An empty variable is none, and the file counts.
    let refused = serve(&data).arg("--token").arg("").refuse();
    assert!(refused.code == Some(1) && refused.stderr.contains("holds no token"), "{}", refused.stderr);
}

#[test]
fn a_folder_that_cannot_be_written_is_told_with_the_reason() {
    let data = tempfile::tempdir().unwrap();
    let namespaces = if super::log::is_root() { "-m" } else { "-rm" };
    let script = format!("mount -t tmpfs -o ro none '{}' && exec \"$@\"", data.path().display());
    let refused = serve(data.path()).under(["unshare", namespaces, "sh", "-c", &script, "sh"]).refuse();
    assert_eq!(refused.code, Some(1));
    let (said, folder) = (refused.stderr, data.path().display().to_string());
    assert!(said.contains(&folder) && said.contains("Read-only file system"), "{said}");
}
