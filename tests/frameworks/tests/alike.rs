//! What all of the sites promise: they are the same shop.

use mote_blackbox::Answer;
use mote_frameworks_tests::Site;
use serde_json::json;

/// An endpoint that answers with JSON, and takes some.
pub(crate) fn has_an_api(site: &Site) {
    let things = json!([{ "id": 1, "name": "lamp" }, { "id": 2, "name": "chair & table" }]);
    let all = site.get("/api/things");
    assert_eq!((all.status, all.json()), (200, things));
    assert!(all.header("content-type").starts_with("application/json"), "{all:?}");
    assert_eq!(site.get("/api/things?name=lamp").json(), json!([{ "id": 1, "name": "lamp" }]));
    let kind = [("content-type", "application/json")];
    let made = site.send("POST", "/api/things", &kind, "{\"name\":\"bed\"}");
    assert_eq!((made.status, made.json()), (201, json!({ "id": 3, "name": "bed" })));
}

/// A file that the build passes on as it is, which clients may keep.
pub(crate) fn has_a_file(site: &Site) {
    let file = site.get("/shop.txt");
    assert_eq!((file.status, &*file.text), (200, "a file of the shop\n"));
    assert!(file.header("content-type").starts_with("text/plain"), "{file:?}");
    let kept = site.get_with("/shop.txt", &[("if-none-match", file.header("etag"))]);
    assert_eq!((kept.status, &*kept.text), (304, ""));
}

/// A page of a thing, one of a thing that moved, and none.
pub(crate) fn finds_things(site: &Site) {
    shows(&site.get("/things/2"), 200, "<p id=\"thing\">chair &amp; table</p>");
    let moved = site.get("/things/old");
    assert_eq!((moved.status, moved.header("location")), (308, "/things/1"));
}

/// A form's action that keeps something in a cookie and sends the browser on; then the cookie is there.
pub(crate) fn remembers(site: &Site, action: &str) {
    shows(&site.get("/order"), 200, "<p id=\"last\">none</p>");
    let sent_on = site.submit(action, "name=lamp");
    assert_eq!((sent_on.status, sent_on.header("location")), (303, "/order"), "{sent_on:?}");
    let cookie = sent_on.header("set-cookie");
    assert!(cookie.starts_with("last=") && cookie.contains("Max-Age=60; Path=/"), "{cookie}");
    let pair = cookie.split(';').next().unwrap_or_default();
    shows(&site.get_with("/order", &[("cookie", pair)]), 200, "<p id=\"last\">lamp</p>");
}

/// A form's action that shows what it has done, and what was wrong.
pub(crate) fn takes_orders(site: &Site, action: &str) {
    shows(&site.submit(action, "amount=3"), 200, "<p id=\"ordered\">3</p>");
    shows(&site.submit(action, "amount=-1"), 422, "<p id=\"wrong\">not an amount: -1</p>");
}

/// The page has this status and this part.
pub(crate) fn shows(page: &Answer, status: u16, part: &str) {
    assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
    assert_eq!(page.status, status, "{page:?}");
    assert!(page.text.contains(part), "no {part} in {}", page.text);
}

/// Every file of a script or style sheet that the page asks for is there.
pub(crate) fn has_its_scripts(site: &Site, page: &str, folder: &str) {
    let page = site.get(page).text;
    let mut files: Vec<String> = page
        .split(['"', '\''])
        .filter_map(|text| text.find(folder).map(|at| text[at..].to_owned()))
        .filter(|text| text.ends_with(".js") || text.ends_with(".css"))
        .collect();
    files.sort();
    files.dedup();
    assert!(!files.is_empty(), "{page} asks for no file");
    for file in files {
        let answer = site.get(&file);
        assert_eq!(answer.status, 200, "{file}");
        assert!(answer.header("content-type").starts_with("text/"), "{file}: {answer:?}");
    }
}
