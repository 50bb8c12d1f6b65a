//! Astro with its adapter for Cloudflare.

use mote_blackbox::eventually;
use mote_frameworks_tests::Site;

use crate::alike;

#[test]
fn astros_build_serves_pages_actions_and_files() {
    let site = Site::with_namespace("astro", "0f2ac74b498b48028cb68387c421e279");
    alike::has_an_api(&site);
    alike::has_a_file(&site);
    alike::finds_things(&site);
    alike::takes_orders(&site, "/order?_action=order");
    alike::remembers(&site, "/order");
    renders(&site);
    streams(&site);
    defers_an_island(&site);
    keeps_sessions(&site);
}

fn renders(site: &Site) {
    let page = site.get("/?name=%3CAda%3E");
    assert_eq!(page.header("x-things"), "2");
    alike::shows(&page, 200, "<h1>Corner &lt;shop&gt; greets &lt;Ada&gt;</h1>");
    alike::shows(&page, 200, "<title>Corner &lt;shop&gt;</title>");
    alike::shows(&page, 200, "<li><a href=\"/things/2\">chair &amp; table</a></li>");
    alike::shows(&site.get("/things/9"), 404, "<p id=\"error\">no such thing</p>");
    alike::shows(&site.get("/nowhere"), 404, "<p id=\"error\">no such thing</p>");
    alike::shows(&site.get("/about/"), 200, "<p id=\"about\">made when it was built</p>");
    let foreign = site.submit_from("http://evil.example", "/order?_action=order", "amount=3");
    assert_eq!((foreign.status, &*foreign.text), (403, "Cross-site POST form submissions are forbidden"));
}

fn streams(site: &Site) {
    let whole = site.get("/late").text;
    let inner = "<p id=\"wait\">before it</p><p id=\"price\">a late price</p><p id=\"after\">after it</p>";
    assert!(whole.ends_with(inner), "{whole}");
}

/// What comes late by a request of its own; its properties are encrypted.
fn defers_an_island(site: &Site) {
    let page = site.get("/island").text;
    assert!(page.contains("<p>counting</p>") && !page.contains("stock of lamps"), "{page}");
    let at = page.find("fetch(\"/_server-islands/Stock?").expect("where the island is");
    let path = page[at..].split('"').nth(1).unwrap_or_default();
    alike::shows(&site.get(path), 200, "<p id=\"stock\">stock of lamps</p>");
}

fn keeps_sessions(site: &Site) {
    let first = site.get("/visits");
    alike::shows(&first, 200, "<p id=\"visits\">0</p>");
    let cookie = first.header("set-cookie").split(';').next().unwrap_or_default();
    assert!(cookie.starts_with("astro-session="), "{first:?}");
    // It is written when the answer is on its way already.
    eventually("the session holds an earlier visit", || {
        let text = site.get_with("/visits", &[("cookie", cookie)]).text;
        (text.contains("<p id=\"visits\">") && !text.contains("<p id=\"visits\">0</p>")).then_some(())
    });
    alike::shows(&site.get("/visits"), 200, "<p id=\"visits\">0</p>");
}
