//! Where a worker answers, and when it is called without a request.

use mote_blackbox::Wrangler;
use serde_json::{Value, json};

use super::{answer, node, project_of, says};

#[test]
fn routes_and_custom_domains_lead_to_their_workers() {
    let (mote, door, api) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let config = |more: &str| format!("routes = [{more}]\n");
    let shop = project_of(
        "shop",
        &says("shop"),
        &config(r#""example.com/*", { pattern = "shop.example.org", custom_domain = true }"#),
    );
    let blog = project_of("blog", &says("blog"), &config(r#""example.com/blog/*", "*.example.com/*""#));
    wrangler.succeeds(&shop, &["deploy"]);
    wrangler.succeeds(&blog, &["deploy"]);
    for (host, path, expected) in [
        ("example.com", "/", "shop"),
        ("EXAMPLE.com", "/blog/a?b", "blog"),
        ("example.com", "/x/../blog/a", "blog"),
        ("www.example.com", "/", "blog"),
        ("shop.example.org", "/any/path", "shop"),
        ("blog.localhost", "/", "blog"),
    ] {
        let answer = mote.get_from_host(host, path);
        assert_eq!((answer.status, &*answer.text), (200, expected), "{host}{path}");
    }
    assert_eq!(mote.get_from_host("example.org", "/").status, 404);
    let (status, refused) =
        api.ask("PUT", "accounts/acme/workers/scripts/blog/routes", &json!([{"pattern": "example.com/*"}]));
    assert_eq!(status, 409, "{refused}");
    assert!(refused["errors"][0]["message"].as_str().unwrap().contains("`shop`"), "{refused}");
    assert_eq!(mote.get_from_host("example.com", "/blog/").text, "blog", "a refused change changes nothing");
    wrangler.succeeds(&blog, &["delete", "--force"]);
    assert_eq!(mote.get_from_host("example.com", "/blog/").text, "shop");
}

#[test]
fn a_cron_trigger_fires_once_for_each_time_that_it_is_due() {
    let (mote, door, api) = node();
    let wrangler = Wrangler::of(&mote, &door, "acme");
    let source = "const seen = []; export default { scheduled(event) { seen.push([event.cron, event.scheduledTime]); }, \
                  fetch() { return Response.json(seen); } };";
    let project = project_of("clock", source, "[triggers]\ncrons = [\"* * * * *\"]\n");
    wrangler.succeeds(&project, &["deploy"]);
    let (_, schedules) = api.ask("GET", "accounts/acme/workers/scripts/clock/schedules", &Value::Null);
    assert_eq!(schedules["result"]["schedules"][0]["cron"], "* * * * *");
    // The next minute comes within one; a worker in one isolate remembers what it saw.
    let start = std::time::Instant::now();
    let seen = loop {
        let seen = answer(&mote, "clock.localhost");
        if !seen.as_array().unwrap().is_empty() {
            break seen;
        }
        assert!(start.elapsed().as_secs() < 75, "{}", mote.output());
        std::thread::sleep(std::time::Duration::from_millis(200));
    };
    assert_eq!(seen[0][0], "* * * * *");
    assert_eq!(seen[0][1].as_u64().unwrap() % 60_000, 0);
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(answer(&mote, "clock.localhost").as_array().unwrap().len(), 1, "not again in the same minute");
    let (status, refused) =
        api.ask("PUT", "accounts/acme/workers/scripts/clock/schedules", &json!([{"cron": "61 * * * *"}]));
    assert_eq!(status, 400, "{refused}");
}
