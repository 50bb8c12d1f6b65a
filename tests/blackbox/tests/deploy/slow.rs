//! Clients that send as slowly as they can, or read as slowly: they keep neither memory nor places from others.

use std::io::Write as _;
use std::net::TcpStream;

use mote_blackbox::{DeployApi, Mote, eventually, form};
use serde_json::{Value, json};

use super::{node, says};

const MIB: usize = 1 << 20;

fn resident_bytes(mote: &Mote) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", mote.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

fn deploy_as(api: &DeployApi, account: &str, name: &str) -> (u16, Value) {
    let metadata = json!({"main_module": "index.js", "compatibility_date": "2026-01-01"});
    let source = says(name);
    let form = form(&metadata, &[("index.js", "application/javascript+module", source.as_bytes())]);
    api.send_form("PUT", &format!("accounts/{account}/workers/scripts/{name}"), &form)
}

/// A client that has sent so much of a larger body, and goes on no further.
fn begun(port: u16, token: &str, path: &str, sent: usize) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = format!(
        "PUT /client/v4/{path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n\
         content-type: multipart/form-data; boundary=x\r\ncontent-length: {}\r\n\r\n",
        sent + MIB
    );
    // Those that are turned away hang up.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&vec![b'x'; sent]));
    stream
}

#[test]
fn a_hundred_uploads_that_stop_halfway_hold_no_memory_and_no_places() {
    let (mote, door, api) = node();
    let token = std::fs::read_to_string(mote.data().join("admin-token")).unwrap();
    assert_eq!(deploy_as(&api, "other", "blog").0, 200);
    let before = resident_bytes(&mote);
    let (script, value) =
        ("accounts/acme/workers/scripts/shop", "accounts/acme/storage/kv/namespaces/none/values/k");
    let slow: Vec<TcpStream> = (0..120)
        .map(|n| begun(door.port(), token.trim(), if n % 4 == 0 { value } else { script }, 4 * MIB))
        .collect();
    assert_eq!(deploy_as(&api, "other", "news").0, 200);
    assert_eq!(deploy_as(&api, "acme", "own").0, 200, "small ones of the same account go on, too");
    let more = resident_bytes(&mote).saturating_sub(before);
    assert!(more < 240 * MIB, "{} MiB more, for {} MiB that were sent", more / MIB, 480);
    assert_eq!(mote.get_from_host("blog.localhost", "/").text, "blog");
    assert_eq!(door.ask("GET", "/readyz", "").0, 200);
    drop(slow);
    assert_eq!(deploy_as(&api, "acme", "later").0, 200);
}

#[test]
fn whoever_takes_all_places_makes_room_for_another_account() {
    let (mote, door, api) = node();
    let token = std::fs::read_to_string(mote.data().join("admin-token")).unwrap();
    let slow: Vec<TcpStream> = (0..200)
        .map(|_| begun(door.port(), token.trim(), "accounts/acme/workers/scripts/shop", 10))
        .collect();
    eventually("one of the same account is turned away", || {
        let (status, said) = api.ask("PUT", "accounts/acme/workers/scripts/shop/routes", &json!([]));
        (status == 503 && said["errors"][0]["code"] == 971).then_some(())
    });
    for name in ["blog", "news"] {
        let (status, said) = deploy_as(&api, "other", name);
        assert_eq!(status, 200, "{said}");
        assert_eq!(mote.get_from_host(&format!("{name}.localhost"), "/").text, name);
    }
    drop(slow);
    eventually("the places are free again", || (deploy_as(&api, "acme", "own").0 == 200).then_some(()));
}

#[test]
fn uploads_leave_nothing_in_the_nodes_folder() {
    let (mote, door, api) = node();
    assert_eq!(deploy_as(&api, "acme", "shop").0, 200);
    let token = std::fs::read_to_string(mote.data().join("admin-token")).unwrap();
    let files = || {
        let entries = std::fs::read_dir(mote.data()).unwrap().map(|entry| entry.unwrap().file_name());
        entries.collect::<std::collections::BTreeSet<_>>()
    };
    let before = files();
    let slow: Vec<TcpStream> = (0..8)
        .map(|_| begun(door.port(), token.trim(), "accounts/acme/workers/scripts/shop", 2 * MIB))
        .collect();
    assert_eq!(deploy_as(&api, "acme", "blog").0, 200);
    assert_eq!(files(), before);
    drop(slow);
}
