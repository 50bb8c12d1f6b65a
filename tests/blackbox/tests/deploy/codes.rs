//! What the real wrangler makes of the numbers that the API answers with: it looks at some of them, and goes on otherwise then.

use mote_blackbox::{DeployApi, Door, Launch, Wrangler};
use serde_json::{Value, json};

use super::{node, project_of, says};

const SCRIPT: &str = "accounts/acme/workers/scripts/shop";

fn versions(api: &DeployApi) -> usize {
    let (_, versions) = api.ask("GET", &format!("{SCRIPT}/versions"), &Value::Null);
    versions["result"]["items"].as_array().unwrap().len()
}

#[test]
fn a_secret_is_not_changed_while_newer_code_waits_and_wrangler_says_what_to_do() {
    let (mote, door, api) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let source = "export default { fetch: (_, env) => new Response(`1 ${env.KEY}`) };";
    let project = project_of("shop", source, "");
    wrangler.succeeds(&project, &["deploy"]);
    project.edit("src/index.ts", "`1", "`2");
    wrangler.succeeds(&project, &["versions", "upload"]);
    // Some of its commands have words of their own for it.
    for (args, expected) in [
        (&["secret", "put", "KEY"][..], "`wrangler versions secret put`"),
        (&["secret", "delete", "KEY"], "[code: 10215]"),
    ] {
        let said = wrangler.run_with(&project, args, "hush");
        assert_ne!(said.code, Some(0), "{}", said.text);
        assert!(said.text.contains(expected), "{}", said.text);
    }
    assert_eq!(
        mote.get_from_host("shop.localhost", "/").text,
        "1 undefined",
        "nothing was deployed in passing"
    );
    assert_eq!(versions(&api), 2);

    let put = wrangler.run_with(&project, &["versions", "secret", "put", "KEY"], "hush");
    assert_eq!(put.code, Some(0), "{}", put.text);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "1 undefined");
    let listed = wrangler.json(&project, &["versions", "list", "--json"]);
    let newest = listed.as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    wrangler.succeeds(&project, &["versions", "deploy", &format!("{newest}@100"), "-y"]);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "2 hush");
    let put = wrangler.run_with(&project, &["secret", "put", "KEY"], "other");
    assert_eq!(put.code, Some(0), "{}", put.text);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "2 other");

    project.write("bulk.json", r#"{"ONE": "1", "TWO": "2"}"#);
    wrangler.succeeds(&project, &["versions", "secret", "bulk", "bulk.json"]);
    wrangler.succeeds(&project, &["versions", "secret", "delete", "ONE"]);
    let listed = wrangler.succeeds(&project, &["versions", "secret", "list", "--latest-version"]).stdout;
    assert!(listed.contains("KEY") && listed.contains("TWO") && !listed.contains("ONE"), "{listed}");
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "2 other", "none of it takes events");

    // Who has rolled back does not get the code back that he has rolled back from.
    let listed = wrangler.json(&project, &["versions", "list", "--json"]);
    let oldest = listed[0]["id"].as_str().unwrap();
    wrangler.succeeds(&project, &["rollback", oldest, "-y", "--message", "bad"]);
    let put = wrangler.run_with(&project, &["secret", "put", "KEY"], "third");
    assert!(put.code != Some(0) && put.text.contains("isn't currently deployed"), "{}", put.text);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "1 undefined");
}

#[test]
fn a_secret_for_a_worker_that_is_not_there_yet_makes_it() {
    let (mote, door, _) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let project = project_of("shop", "export default { fetch: (_, env) => new Response(env.KEY) };", "");
    let put = wrangler.run_with(&project, &["secret", "put", "KEY"], "hush");
    assert_eq!(put.code, Some(0), "{}", put.text);
    wrangler.succeeds(&project, &["deploy"]);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "hush");
}

#[test]
fn required_secrets_that_lack_are_named() {
    let (mote, door, api) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let project = project_of("shop", &says("one"), "");
    wrangler.succeeds(&project, &["deploy"]);
    let required = project_of("shop", &says("two"), "[secrets]\nrequired = [\"KEY\", \"OTHER\"]\n");
    let put = wrangler.run_with(&project, &["secret", "put", "OTHER"], "hush");
    assert_eq!(put.code, Some(0), "{}", put.text);
    let said = wrangler.run(&required, &["deploy"]);
    assert_ne!(said.code, Some(0), "{}", said.text);
    assert!(said.text.contains("The following required secrets have not been set: KEY"), "{}", said.text);
    assert!(!said.text.contains("OTHER"), "it is there: {}", said.text);
    assert_eq!((mote.get_from_host("shop.localhost", "/").text, versions(&api)), ("one".to_owned(), 2));
}

#[test]
fn code_that_takes_too_long_to_start_is_told_from_other_code_that_does_not_load() {
    let (mote, door, _) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    // It comes to an end: wrangler runs it, too, to say where it spends its time.
    let slow = "let sum = 0; for (let n = 0; n < 4e9; n++) sum += Math.sqrt(n);\nexport default { fetch: () => new Response(sum) };";
    let said = wrangler.run(&project_of("shop", slow, ""), &["deploy"]);
    assert_ne!(said.code, Some(0), "{}", said.text);
    assert!(said.text.contains("exceeded startup limits"), "{}", said.text);
    let thrown = wrangler.run(&project_of("shop", "throw new Error(\"early\")", ""), &["deploy"]);
    assert_ne!(thrown.code, Some(0), "{}", thrown.text);
    assert!(thrown.text.contains("early") && !thrown.text.contains("startup limits"), "{}", thrown.text);
}

#[test]
fn one_worker_more_than_the_operator_allows_is_refused_once_and_for_good() {
    let config = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(config.path(), "[node]\naccount_workers = 1\n").unwrap();
    let mote = Launch::serve_nothing().arg("--config").arg(config.path()).start();
    let door = Door::of(&mote);
    let wrangler = Wrangler::of(&mote, &door, "acme");
    wrangler.succeeds(&project_of("shop", &says("one"), ""), &["deploy"]);
    let said = wrangler.run(&project_of("blog", &says("two"), ""), &["deploy"]);
    assert_ne!(said.code, Some(0), "{}", said.text);
    assert!(
        said.text.contains("may have 1 workers here") && said.text.contains("[code: 10037]"),
        "{}",
        said.text
    );
    wrangler.succeeds(&project_of("shop", &says("three"), ""), &["deploy"]);
    assert_eq!(mote.get_from_host("shop.localhost", "/").text, "three");
    let (_, listed) = DeployApi::of(&mote, &door).ask("GET", "accounts/acme/workers/scripts", &Value::Null);
    assert_eq!(listed["result"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed["result"][0]["id"], json!("shop"));
}
