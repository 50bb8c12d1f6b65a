//! React Router with Cloudflare's plug-in for Vite.

use mote_blackbox::eventually;
use mote_frameworks_tests::Site;

use crate::alike;

#[test]
fn react_routers_build_serves_pages_actions_and_files() {
    let site = Site::of("react-router");
    alike::has_an_api(&site);
    alike::has_a_file(&site);
    alike::finds_things(&site);
    alike::takes_orders(&site, "/order");
    alike::remembers(&site, "/order");
    alike::has_its_scripts(&site, "/", "/assets/");
    renders(&site);
    speaks_with_its_client(&site);
    streams(&site);
}

fn renders(site: &Site) {
    let page = site.get("/?name=%3CAda%3E");
    assert_eq!(page.header("x-things"), "2");
    alike::shows(&page, 200, "<h1>Corner &lt;shop&gt; greets &lt;Ada&gt;</h1>");
    alike::shows(&page, 200, "<title>Corner &lt;shop&gt;</title>");
    alike::shows(&page, 200, "<a href=\"/things/2\" data-discover=\"true\">chair &amp; table</a>");
    alike::shows(&site.get("/things/9"), 404, "<p id=\"error\">404: no such thing</p>");
    alike::shows(&site.get("/nowhere"), 404, "<p id=\"error\">404: ");
    assert_eq!(site.submit_from("http://evil.example", "/order", "amount=3").status, 400);
    // A cookie that somebody else has made is none.
    let forged = [("cookie", "last=ImxhbXAi.y2cM8M3FtSoP1yWCqoH")];
    alike::shows(&site.get_with("/order", &forged), 200, "<p id=\"last\">none</p>");
}

fn speaks_with_its_client(site: &Site) {
    let data = site.get("/things/1.data");
    assert_eq!(data.header("content-type"), "text/x-script");
    assert!(data.text.contains("\"routes/thing\"") && data.text.contains("\"lamp\""), "{data:?}");
    let late = site.get("/late.data").text;
    assert!(late.contains("a late price"), "{late}");
}

fn streams(site: &Site) {
    // Where the price is there before the page has begun, as on a very busy machine, there is nothing to wait for.
    let browser = [("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")];
    let page = eventually("a page that begins without its price", || {
        let page = site.get_with("/late", &browser).text;
        assert!(page.contains("<p id=\"price\">a late price</p>") && page.ends_with("</html>"), "{page}");
        page.contains("<p id=\"wait\">wait</p>").then_some(page)
    });
    let (waits, comes) = (page.find("<p id=\"wait\">"), page.find("<p id=\"price\">"));
    assert!(waits < comes, "{page}");
    // Crawlers get it whole, with nothing to be put in its place by a script.
    let crawler = [("user-agent", "Googlebot/2.1 (+http://www.google.com/bot.html)")];
    let whole = site.get_with("/late", &crawler).text;
    assert!(whole.contains("a late price") && !whole.contains("<p id=\"wait\">"), "{whole}");
}
