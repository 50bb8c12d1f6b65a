//! `SvelteKit` with its adapter for Cloudflare.

use mote_frameworks_tests::Site;
use serde_json::json;

use crate::alike;

#[test]
fn sveltekits_build_serves_pages_actions_and_files() {
    let site = Site::of("sveltekit");
    alike::has_an_api(&site);
    alike::has_a_file(&site);
    alike::finds_things(&site);
    alike::takes_orders(&site, "/order?/place");
    alike::remembers(&site, "/order?/remember");
    alike::has_its_scripts(&site, "/", "/_app/immutable/");
    renders(&site);
    speaks_with_its_client(&site);
    streams(&site);
}

fn renders(site: &Site) {
    let page = site.get("/?name=%3CAda%3E");
    assert_eq!(page.header("x-things"), "2");
    alike::shows(&page, 200, "<h1>Corner &lt;shop> greets &lt;Ada></h1>");
    alike::shows(&page, 200, "<title>Corner &lt;shop></title>");
    alike::shows(&page, 200, "<li><a href=\"/things/2\">chair &amp; table</a></li>");
    alike::shows(&site.get("/things/9"), 404, "<p id=\"error\">404: no such thing</p>");
    alike::shows(&site.get("/nowhere"), 404, "<p id=\"error\">404: Not Found</p>");
    alike::shows(&site.get("/about"), 200, "<p id=\"about\">made when it was built</p>");
    // The framework answers methods that an endpoint does not have, and forms of other sites.
    let refused = site.send("DELETE", "/api/things", &[], "");
    assert_eq!((refused.status, refused.header("allow")), (405, "GET, POST, HEAD"));
    let foreign = site.submit_from("http://evil.example", "/order?/place", "amount=3");
    assert_eq!((foreign.status, &*foreign.text), (403, "Cross-site POST form submissions are forbidden"));
}

fn speaks_with_its_client(site: &Site) {
    let data = site.get("/things/1/__data.json").json();
    assert_eq!(data["type"], "data");
    assert_eq!(data["nodes"][1]["data"], json!([{ "thing": 1 }, { "id": 2, "name": 3 }, 1, "lamp"]));
    let origin = site.origin();
    let headers = [
        ("accept", "application/json"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", &*origin),
    ];
    let answer = site.send("POST", "/order?/place", &headers, "amount=0").json();
    assert_eq!((&answer["type"], &answer["status"]), (&json!("failure"), &json!(422)));
}

fn streams(site: &Site) {
    let mut wire = site.wire_get("/late");
    assert_eq!(wire.head().status, 200);
    let page = String::from_utf8_lossy(&wire.rest().expect("a whole page")).into_owned();
    // What comes late follows the page, whenever it is there.
    let (shell, late) = page.split_once("</html>").expect("a page");
    assert!(shell.contains("<p id=\"price\">wait</p>") && !shell.contains("a late price"), "{shell}");
    assert!(late.contains("a late price"), "{late}");
}
