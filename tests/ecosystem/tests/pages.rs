//! Pages rendered on the server.

use mote_ecosystem_tests::{Worker, deployed};
use serde_json::json;

#[test]
fn react_streams_a_page_with_what_comes_late() {
    let worker = deployed("react");
    let mut wire = worker.wire_get("/?name=Ada");
    let head = wire.head();
    assert_eq!((head.status, head.header("x-errors")), (200, "only in a browser"));
    let shell = wire.text_until("<i>wait</i>");
    assert!(shell.starts_with("<!DOCTYPE html><html lang=\"de\"><head>"), "{shell}");
    assert!(shell.contains("<title>For Ada</title>"), "{shell}");
    let label =
        "style=\"color:red;margin-top:4px\" data-count=\"3\">Hallo<!-- -->, <!-- -->Ada<!-- -->!</label>";
    assert!(shell.contains(label), "{shell}");
    let late = String::from_utf8_lossy(&wire.rest().expect("a whole page")).into_owned();
    assert!(late.contains("<div hidden id=\"S:0\"><em>late for Ada</em></div>"), "{late}");
    assert!(late.contains("$RC(\"B:0\",\"S:0\")</script>") && late.ends_with("</body></html>"), "{late}");
}

#[test]
fn react_renders_the_whole_for_who_waits() {
    let worker = deployed("react");
    let page = worker.get("/?name=%3CAda%3E&whole").text;
    assert!(page.contains("<!--$--><em>late for &lt;Ada&gt;</em><!--/$-->"), "{page}");
    assert!(page.contains("<i>later</i>") && !page.contains("<i>wait</i>"), "{page}");
    assert!(page.contains("<script type=\"module\" src=\"/client.js\" nonce=\"n0nce\""), "{page}");
    assert!(!page.contains("only in a browser"), "a build for production keeps errors to itself: {page}");
    let text = worker.get("/string?name=Bo").text;
    assert!(text.starts_with("<label for=\"_R_0_\"") && text.contains("Hello<!-- -->, <!-- -->Bo"), "{text}");
}

#[test]
fn preact_renders_at_once_later_and_in_a_stream() {
    let worker = deployed("preact");
    let page = worker.get("/?item=a&item=%3Cb%3E").text;
    let list = "<ul aria-label=\"2 things\" class=\"dark\"><li>a</li><li>&lt;b></li></ul>";
    assert_eq!(page, format!("{list}<div><hr></div><input value=\"&quot;\" disabled/>"));
    assert_eq!(worker.get("/async").text, "<main><!--$s--><b>late</b><!--/$s--></main>");
    let streamed = worker.get("/stream").text;
    let (shell, late) =
        streamed.split_once("<script>").unwrap_or_else(|| panic!("nothing came late: {streamed}"));
    assert!(shell.contains("<i>wait</i>") && shell.ends_with("</main><div hidden>"), "{shell}");
    assert!(late.contains("<b>late</b></preact-island>") && late.ends_with("</div>"), "{late}");
}

#[test]
fn vue_renders_components_that_wait() {
    let worker = deployed("vue");
    let page = |class: &str, price: &str| {
        format!(
            "<main style=\"color:red;\"><span class=\"{class}\">{price}</span><p>&lt;reviews&gt;</p><em>3 left</em>\
             <!--teleport start--><!--teleport end--><!--[--><footer>bye</footer><!--]--></main>"
        )
    };
    let answer = worker.get("/?cents=1299").json();
    assert_eq!(answer["html"], page("price high", "$12.99"));
    let teleported = answer["teleports"]["#dialogs"].as_str().unwrap_or_default();
    assert!(teleported.contains("<dialog>hi</dialog>"), "{teleported}");
    assert_eq!(worker.get("/stream?cents=5").text, page("price", "$0.05"));
}

#[test]
fn svelte_renders_what_was_compiled_ahead() {
    let worker = Worker::named("svelte").built_by("compile.mjs").in_a_cell();
    let page = worker.get("/?item=lamp&item=%3Cb%3E").json();
    assert!(page["head"].as_str().is_some_and(|head| head.ends_with("<title>Shop: 2</title>")), "{page}");
    let body = without_comments(page["body"].as_str().unwrap_or_default());
    assert!(body.starts_with("<input value=\"\" placeholder=\"search\" class=\"svelte-"), "{body}");
    let rest = "/> <button class=\"first\"><b>lamp</b> 8</button><button class=\"dear\"><b>&lt;b></b> 16</button> <output>24</output> <hr>";
    assert!(body.ends_with(rest), "{body}");
    let none = without_comments(worker.get("/").json()["body"].as_str().unwrap_or_default());
    assert!(none.contains("<p>nothing</p>") && !none.contains("<output>"), "{none}");
}

#[test]
fn cheerio_reads_and_changes_pages() {
    let worker = deployed("cheerio");
    let page = "<title>T</title><h1>Hi</h1><script>bad()</script><a href=\"http://x.example/a\">x</a><ul><li>1<li>2<li>3</ul>\
        <table><tr><th>h</th></tr><tr><td> a </td><td>b&lt;</td></tr></table>";
    let answer = worker.send("POST", "/", &[], page).json();
    assert_eq!(
        answer["html"],
        "<h1 class=\"big\">Hi</h1><p>inserted &amp; parsed</p><a href=\"https://x.example/a\">x</a>\
         <ul><li>1</li><li>2</li><li>3</li></ul><table><tbody><tr><th>h</th></tr><tr><td> a </td><td>b&lt;</td></tr></tbody></table>"
    );
    assert_eq!(answer["rows"], json!([["a", "b<"]]));
    assert_eq!(answer["data"], json!({ "title": "T", "links": ["https://x.example/a"] }));
    assert_eq!((&answer["nth"], &answer["xml"]), (&json!("13"), &json!("x")));
    assert_eq!(answer["empty"], "<entry id=\"1\"/>");
}

#[test]
fn markdown_becomes_html_by_either_library() {
    let worker = deployed("markdown");
    let text = "# Title *it*\n\n\"quoted\" -- https://a.example/b <b>raw</b>\n\n|a|b|\n|---|--:|\n|1|~~2~~|\n\n- [x] done\n\n```js\na < b\n```\n";
    let marked = worker.send("POST", "/marked", &[], text).text;
    for part in [
        "<h1 id=\"h\">Title *it*</h1>\n",
        "&quot;quoted&quot; -- <a href=\"https://a.example/b\">https://a.example/b</a> <b>raw</b>",
        "<td align=\"right\"><del>2</del></td>",
        "<li><input checked=\"\" disabled=\"\" type=\"checkbox\"> done</li>",
        "<pre><code class=\"language-js\">a &lt; b\n</code></pre>",
    ] {
        assert!(marked.contains(part), "no {part} in {marked}");
    }
    let strict = worker.send("POST", "/markdown-it", &[], text).text;
    for part in [
        "<h1>Title <em>it</em></h1>\n",
        "“quoted” – <a href=\"https://a.example/b\">https://a.example/b</a> &lt;b&gt;raw&lt;/b&gt;",
        "<td style=\"text-align:right\"><s>2</s></td>",
        "<li>[x] done</li>",
        "<pre><code class=\"language-js\">a &lt; b\n</code></pre>",
    ] {
        assert!(strict.contains(part), "no {part} in {strict}");
    }
}

/// What the library leaves for the browser to find its way by is its own affair.
fn without_comments(html: &str) -> String {
    html.split("<!--").map(|part| part.split_once("-->").map_or(part, |(_, text)| text)).collect()
}
