//! An account that fills the disk comes to an end of its own, and nobody else notices.

use mote_blackbox::{Commands, DeployApi, Door, Mote, Project, form, mote as mote_command, signal};
use serde_json::{Value, json};

use super::says;

const MIB: usize = 1 << 20;
const FILE_BYTES: usize = 8 * MIB;

/// A node on which an account may have 40 MiB.
fn small_node(data: &std::path::Path) -> (Mote, Door, DeployApi) {
    let config = data.join("mote.toml");
    std::fs::write(&config, "[node]\naccount_stored_mib = 40\n").unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"];
    let mote = mote_command(serve).arg(data).arg("--config").arg(&config).start();
    let door = Door::of(&mote);
    let token = std::fs::read_to_string(data.join("admin-token")).unwrap();
    let api = DeployApi::at(door.port(), token.trim());
    (mote, door, api)
}

fn stored(api: &DeployApi, account: &str) -> u64 {
    let (_, shown) = api.ask("GET", &format!("accounts/{account}"), &Value::Null);
    let stored = &shown["result"]["stored"];
    assert_eq!(stored["bytes_max"], 40 * MIB, "{shown}");
    stored["bytes"].as_u64().unwrap()
}

/// Begins to upload a file of eight mebibytes.
fn begin(api: &DeployApi, account: &str, number: usize) -> (u16, Value) {
    let hash = format!("{number:032x}");
    let list = json!({"manifest": {format!("/{number}"): {"hash": hash, "size": FILE_BYTES}}});
    api.ask("POST", &format!("accounts/{account}/workers/scripts/shop/assets-upload-session"), &list)
}

/// Sends it.
fn send(api: &DeployApi, account: &str, number: usize, begun: &Value) -> (u16, Value) {
    let hash = format!("{number:032x}");
    // Zeros as base64; eight mebibytes are two more than a multiple of three.
    let text = format!("{}=", "A".repeat(FILE_BYTES.div_ceil(3) * 4 - 1));
    let whole = form(&json!(null), &[(&*hash, "text/plain", text.as_bytes())]);
    let at = whole.windows(8).position(|window| window == b"\r\nnull\r\n").unwrap() + 8;
    let holder = api.with_token(begun["result"]["jwt"].as_str().unwrap());
    holder.send_form("POST", &format!("accounts/{account}/workers/assets/upload?base64=true"), &whole[at..])
}

fn refused((status, said): &(u16, Value)) {
    assert_eq!((*status, &said["errors"][0]["code"]), (403, &json!(10_048)), "{said}");
    let message = said["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("40 MiB") && message.contains("account_stored_mib"), "{message}");
}

#[test]
fn an_account_without_room_is_refused_and_goes_on_and_so_do_others() {
    let data = tempfile::tempdir().unwrap();
    let (mut mote, _door, api) = small_node(data.path());
    assert_eq!(api.deploy("shop", &says("good")).0, 200);
    for number in 0..3 {
        let (status, begun) = begin(&api, "acme", number);
        assert_eq!(status, 200, "{begun}");
        assert_eq!(send(&api, "acme", number, &begun).0, 200);
    }
    // Two that each have room when they are announced.
    let (one, other) = (begin(&api, "acme", 3).1, begin(&api, "acme", 4).1);
    assert_eq!(send(&api, "acme", 3, &one).0, 200);
    let before = stored(&api, "acme");
    refused(&send(&api, "acme", 4, &other));
    refused(&begin(&api, "acme", 5));
    assert!(stored(&api, "acme") <= u64::try_from(40 * MIB).unwrap(), "{before}");
    // What is small still fits, and what was refused is not half there.
    assert_eq!(api.deploy("shop", &says("better")).0, 200);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "better");
    let (status, begun) = begin(&api, "other", 0);
    assert_eq!((status, send(&api, "other", 0, &begun).0), (200, 200), "another account has its own");

    signal("KILL", u64::from(mote.pid()));
    mote.ended();
    let (mote, door, api) = small_node(data.path());
    assert!(stored(&api, "acme") > u64::try_from(4 * FILE_BYTES).unwrap());
    refused(&begin(&api, "acme", 5));
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "better");

    let project = Project::named("files", &says("files")).with("public/large.bin", &"x".repeat(FILE_BYTES));
    let config = std::fs::read_to_string(project.file("wrangler.toml")).unwrap();
    project.write("wrangler.toml", &format!("{config}\n[assets]\ndirectory = \"public\"\n"));
    let commands = Commands::nobody()
        .with("MOTE_API", &format!("http://127.0.0.1:{}", door.port()))
        .with("MOTE_DATA", data.path().to_str().unwrap());
    let said = commands.fails(1, &["deploy", project.path().to_str().unwrap(), "--account", "acme"]);
    assert!(said.contains("code 10048") && said.contains("mote delete"), "{said}");
}

#[test]
fn whoever_uploads_without_end_loses_his_own_oldest_versions() {
    let data = tempfile::tempdir().unwrap();
    let (mote, _door, api) = small_node(data.path());
    assert_eq!(api.deploy("shop", &says("good")).0, 200);
    let module = "application/javascript+module";
    let metadata = json!({"main_module": "index.js", "compatibility_date": "2026-01-01"});
    for round in 0..12_u8 {
        // Bytes that do not get fewer when they are packed.
        let mut random = u64::from(round) + 1;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random.to_le_bytes()[3]
        })
        .take(6 * MIB)
        .collect();
        let source = says(&round.to_string());
        let sent = form(
            &metadata,
            &[("index.js", module, source.as_bytes()), ("noise.bin", "application/octet-stream", &noise)],
        );
        let (status, said) = api.send_form("POST", "accounts/acme/workers/scripts/shop/versions", &sent);
        assert_eq!(status, 200, "{round}: {said}");
        assert!(stored(&api, "acme") < u64::try_from(60 * MIB).unwrap(), "what is prepared may come on top");
    }
    let (_, versions) = api.ask("GET", "accounts/acme/workers/scripts/shop/versions", &Value::Null);
    let left = versions["result"]["items"].as_array().unwrap().len();
    assert!((2..10).contains(&left), "{left}");
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "good", "what is deployed stays");
}
