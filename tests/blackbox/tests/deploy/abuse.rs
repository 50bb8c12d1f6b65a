//! Clients of the API that mean harm, with a token and without one: each is refused, keeps nothing, and nobody else notices.

use std::fmt::Write as _;
use std::io::Write as _;

use mote_blackbox::{DeployApi, Door, Mote, PATIENCE, Wire, form};
use serde_json::{Value, json};

use super::{node, says};

const SHOP: &str = "accounts/acme/workers/scripts/shop";
const MODULE: &str = "application/javascript+module";

/// A node with a worker that must go on.
fn serving() -> (Mote, Door, DeployApi) {
    let (mote, door, api) = node();
    assert_eq!(api.deploy("shop", &says("good")).0, 200);
    (mote, door, api)
}

fn goes_on(mote: &Mote, api: &DeployApi) {
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "good");
    let (_, versions) = api.ask("GET", &format!("{SHOP}/versions"), &Value::Null);
    assert_eq!(
        versions["result"]["items"].as_array().unwrap().len(),
        1,
        "nothing was left behind: {versions}"
    );
}

#[test]
fn no_path_leads_out_of_its_account() {
    let (mote, _door, api) = serving();
    let files = || {
        let entries = std::fs::read_dir(mote.data()).unwrap().map(|entry| entry.unwrap().file_name());
        entries.collect::<std::collections::BTreeSet<_>>()
    };
    let before = files();
    let long = "a".repeat(3_000);
    for path in [
        "accounts/other/../acme/workers/scripts/shop/versions",
        "accounts/other/workers/scripts/../../../acme/workers/scripts/shop/versions",
        "accounts/other%2f..%2facme/workers/scripts/shop/versions",
        "accounts/..%2f..%2fetc/workers/scripts",
        "accounts/other/workers/scripts/..",
        "accounts/other/workers/scripts/%2e%2e%2f%2e%2e%2fmote.sqlite/versions",
        "accounts/other/workers/scripts/shop%00/versions",
        "accounts/other/workers/scripts/sh%6fp/versions",
        "accounts/acme/workers/scripts/shop/versions/..%2f..%2fsettings",
        "accounts/acme/workers/scripts/shop/versions/'%20OR%20'1'='1",
        "accounts//workers/scripts/shop/versions",
        "accounts/acme//workers/scripts/shop/versions",
        "../../healthz",
        "/accounts/acme",
        &format!("accounts/{long}/workers/scripts"),
        &format!("accounts/acme/workers/scripts/{long}/versions"),
        &long,
    ] {
        for method in ["GET", "PUT", "POST", "PATCH", "DELETE"] {
            let (status, said) = api.ask(method, path, &json!({}));
            assert!((400..500).contains(&status), "{method} {path}: {status} {said}");
            assert!(said.is_null() || said["success"] == false, "{method} {path}: {said}");
            assert!(said.to_string().len() < 6_000, "{method} {path}: {said}");
        }
    }
    assert_eq!(files(), before);
    goes_on(&mote, &api);
}

#[test]
fn nothing_that_is_packed_is_unpacked() {
    let (mote, _door, api) = serving();
    // A gigabyte of zeros by its own word; nobody looks.
    let bomb = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &[0; 5_000], &[0, 0, 0, 0x40]].concat();
    for (method, what) in [
        ("PUT", "/secrets"),
        ("PUT", "/routes"),
        ("PUT", ""),
        ("POST", "/versions"),
        ("PATCH", "/script-settings"),
    ] {
        let kind = "application/json\r\ncontent-encoding: gzip";
        let (status, said) = api.try_ask(method, &format!("{SHOP}{what}"), kind, &bomb).unwrap();
        assert_eq!((status, &said["errors"][0]["code"]), (400, &json!(10_021)), "{method} {what}: {said}");
    }
    let meta = json!({"main_module": "index.js"});
    let zipped = form(&meta, &[("index.js", &format!("{MODULE}\r\ncontent-encoding: gzip"), &bomb)]);
    assert_eq!(api.send_form("PUT", SHOP, &zipped).0, 400, "it is no JavaScript");
    goes_on(&mote, &api);
}

#[test]
fn forms_without_end_are_refused() {
    let (mote, _door, api) = serving();
    let module = |name: &str| (name.to_owned(), says("many").into_bytes());
    let many: Vec<(String, Vec<u8>)> = (0..5_000).map(|n| module(&format!("m{n}.js"))).collect();
    let many: Vec<(&str, &str, &[u8])> =
        many.iter().map(|(name, code)| (name.as_str(), MODULE, code.as_slice())).collect();
    let meta = json!({"main_module": "index.js"});
    let main: (&str, &str, &[u8]) = ("index.js", MODULE, b"export default { fetch() {} }");
    let large = json!({"main_module": "index.js", "annotations": {"workers/message": "x".repeat(10 << 20)}});
    let deep = format!("{{\"tags\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let replaced = |from: &str, to: &str| {
        String::from_utf8(form(&meta, &[main])).unwrap().replacen(from, to, 1).into_bytes()
    };
    let headers = (0..1_000).fold(String::new(), |mut lines, n| {
        write!(lines, "x-{n}: y\r\n").unwrap();
        lines
    });
    for (what, form, expected) in [
        ("thousands of parts", form(&meta, &many), "1000 modules"),
        ("ten megabytes of metadata", form(&large, &[main]), "larger than"),
        ("metadata a hundred thousand lists deep", replaced(&meta.to_string(), &deep), "recursion"),
        (
            "a form in a form",
            form(&meta, &[("index.js", "multipart/mixed; boundary=x", b"--x\r\n\r\n--x--")]),
            "multipart/mixed",
        ),
        ("metadata twice", replaced("name=\"index.js\"", "name=\"metadata\""), "two parts called `metadata`"),
        ("a part without a name", replaced("name=\"index.js\";", ""), "no name"),
        ("a part without a head", replaced("content-disposition", "x-nothing"), "no name"),
        (
            "a part with a thousand headers",
            replaced("content-disposition", &format!("{headers}content-disposition")),
            "cannot be read",
        ),
        ("no last boundary", replaced("--\r\n", "\r\n"), "cannot be read"),
        (
            "a head of megabytes, without end",
            [&form(&meta, &[main])[..60], &vec![b'y'; 5 << 20]].concat(),
            "cannot be read",
        ),
        (
            "a name of megabytes",
            replaced("name=\"index.js\"", &format!("name=\"{}\"", "n".repeat(1 << 20))),
            "512 bytes",
        ),
        (
            "an unknown type with a name of megabytes",
            replaced(&format!("content-type: {MODULE}"), &format!("content-type: x/{}", "n".repeat(1 << 20))),
            "unknown type",
        ),
        ("nothing but a beginning", vec![b'x'; 5 << 20], "cannot be read"),
    ] {
        let (status, said) = api.send_form("PUT", SHOP, &form);
        assert!((400..500).contains(&status), "{what}: {status} {said}");
        let message = said["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{what}: {message}");
        assert!(message.len() < 5_000, "{what}: {} bytes", message.len());
    }
    for kind in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "text/plain; boundary=x",
        "multipart/form-data; boundary=\"",
        "",
    ] {
        let (status, said) = api.try_ask("PUT", SHOP, kind, b"--\r\n\r\n").unwrap();
        assert_eq!(status, 400, "{kind}: {said}");
    }
    goes_on(&mote, &api);
}

#[test]
fn a_thousand_modules_are_a_worker() {
    let (mote, _door, api) = serving();
    let last = 998;
    let mut modules: Vec<(String, String)> = (0..last)
        .map(|n| (format!("m{n}.js"), format!("export {{ sum }} from './m{}.js';", n + 1)))
        .collect();
    modules.push((format!("m{last}.js"), "export const sum = 'far';".to_owned()));
    modules.push((
        "index.js".to_owned(),
        "import { sum } from './m0.js'; export default { fetch: () => new Response(sum) };".to_owned(),
    ));
    let parts: Vec<(&str, &str, &[u8])> =
        modules.iter().map(|(name, code)| (name.as_str(), MODULE, code.as_bytes())).collect();
    let (status, said) = api.send_form(
        "PUT",
        "accounts/acme/workers/scripts/chain",
        &form(&json!({"main_module": "index.js"}), &parts),
    );
    assert_eq!(status, 200, "{said}");
    assert_eq!(mote.get_from_host("chain.localhost", "/").text, "far");
    goes_on(&mote, &api);
}

#[test]
fn a_token_for_files_opens_nothing_else_and_no_other_account() {
    let (mote, _door, api) = serving();
    let hash = "0123456789abcdef0123456789abcdef";
    let list = json!({"manifest": {"/a.txt": {"hash": hash, "size": 5}}});
    let (_, begun) = api.ask("POST", &format!("{SHOP}/assets-upload-session"), &list);
    let token = begun["result"]["jwt"].as_str().unwrap().to_owned();
    let deploy = |account: &str, name: &str, token: &str| {
        let meta = json!({"main_module": "index.js", "assets": {"jwt": token}});
        let form = form(&meta, &[("index.js", MODULE, says("files").as_bytes())]);
        api.send_form("PUT", &format!("accounts/{account}/workers/scripts/{name}"), &form)
    };
    let (status, said) = deploy("acme", "files", &token);
    assert!(
        status == 400 && said["errors"][0]["message"].as_str().unwrap().contains("not all assets"),
        "{said}"
    );

    // The form's metadata is not on the list of files, so this one is made by hand.
    let files = form(&json!(null), &[(hash, "text/plain", b"aGVsbG8=")]);
    let files = String::from_utf8(files).unwrap().split_once("\r\nnull\r\n").unwrap().1.to_owned();
    let holder = api.with_token(&token);
    let send = |api: &DeployApi, account: &str| {
        api.send_form(
            "POST",
            &format!("accounts/{account}/workers/assets/upload?base64=true"),
            files.as_bytes(),
        )
    };
    assert_eq!(send(&holder, "other").0, 401);
    assert_eq!(send(&api, "acme").0, 401, "even the operator's token is none for files");
    for (method, path) in [
        ("GET", "user"),
        ("GET", SHOP),
        ("DELETE", SHOP),
        ("POST", "accounts/acme/workers/scripts/shop/assets-upload-session"),
    ] {
        assert_eq!(holder.ask(method, path, &Value::Null).0, 401, "{method} {path}");
    }
    let (status, sent) = send(&holder, "acme");
    assert_eq!(status, 200, "{sent}");
    let done = sent["result"]["jwt"].as_str().unwrap();
    // Sent once more, it changes nothing.
    assert_eq!(send(&holder, "acme").0, 200);
    for spoilt in [
        "",
        "a.b.c",
        &done.replace('.', ""),
        &format!("{done}x").repeat(2),
        &token.chars().rev().collect::<String>(),
    ] {
        assert_eq!(deploy("acme", "files", spoilt).0, 400, "{spoilt}");
    }
    assert_eq!(deploy("other", "stolen", done).0, 400);
    assert_eq!(deploy("acme", "files", done).0, 200);
    let file = mote.get_from_host("files.localhost", "/a.txt");
    assert_eq!((file.status, &*file.text), (200, "hello"));
    assert_eq!(deploy("acme", "again", done).0, 200, "a client that got no answer asks again");
    goes_on(&mote, &api);
}

#[test]
fn clients_that_say_nothing_leave_room_for_others() {
    let (mote, door, api) = serving();
    let token = std::fs::read_to_string(mote.data().join("admin-token")).unwrap();
    // As many as half of what the door takes: some have said nothing, some a part of a head, some have promised a body.
    let silent: Vec<Wire> = (0..120)
        .map(|n| {
            let mut wire = Wire::to(door.port());
            match n % 3 {
                0 => {}
                1 => wire.send("PUT /client/v4/accounts HTTP/1.1\r\nhost: 127.0.0.1\r\nx: "),
                _ => wire.send(format!(
                    "PUT /client/v4/{SHOP}/secrets HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {}\r\n\
                     content-length: 100\r\n\r\n{{",
                    token.trim()
                )),
            }
            wire
        })
        .collect();
    goes_on(&mote, &api);
    assert_eq!(api.ask("PUT", &format!("{SHOP}/routes"), &json!(["a.example/*"])).0, 200);
    drop(silent);
    assert_eq!(door.ask("GET", "/healthz", "").0, 200);
}

#[test]
fn a_client_that_never_ends_its_head_is_hung_up_on() {
    let (mote, door, api) = serving();
    let connect = || {
        let stream = std::net::TcpStream::connect(("127.0.0.1", door.port())).unwrap();
        // Longer than the node has patience.
        stream.set_read_timeout(Some(2 * PATIENCE)).unwrap();
        stream
    };
    let (silent, mut begun) = (connect(), connect());
    begun.write_all(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx-endless: ").unwrap();
    for (what, mut stream) in [("nothing", silent), ("a part of a head", begun)] {
        let mut said = String::new();
        let read = std::io::Read::read_to_string(&mut stream, &mut said);
        assert!(read.is_ok() && !said.contains(" 200 "), "{what}: {read:?} {said}");
    }
    goes_on(&mote, &api);
}

#[test]
fn code_that_never_loads_keeps_no_other_account_from_deploying() {
    let (_mote, _door, api) = serving();
    let done = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for number in 0..5 {
            let (api, done) = (&api, &done);
            threads.spawn(move || {
                assert_eq!(api.deploy(&format!("hog-{number}"), "for (;;) {}").0, 400);
                done.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            });
        }
        let metadata = json!({"main_module": "index.js", "compatibility_date": "2026-01-01"});
        let form = form(&metadata, &[("index.js", MODULE, says("other").as_bytes())]);
        let (status, said) = api.send_form("PUT", "accounts/other/workers/scripts/blog", &form);
        assert_eq!(status, 200, "{said}");
        let done = done.load(std::sync::atomic::Ordering::SeqCst);
        assert!(done < 5, "it did not wait for all that came before it");
    });
}
