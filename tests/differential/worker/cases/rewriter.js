import { outcome, outcomes } from "../outcome.js";

const PAGE = '<!DOCTYPE html><html><head><title>T</title></head><body class="a b"><!-- c --><p id=x>one<br>two</p><a href="/l">link</a></body></html>';

const rewritten = (build, page = PAGE) => build(new HTMLRewriter()).transform(new Response(page)).text();
const on = (selector, handlers, page) => rewritten((rewriter) => rewriter.on(selector, handlers), page);

export default {
  "nothing to do": () => rewritten((rewriter) => rewriter),
  "attributes": () => on("a", { element(element) { element.setAttribute("href", "/m?a&b\"c"); element.setAttribute("x", ""); element.removeAttribute("gone"); } }),
  "reading an element": async () => {
    const seen = [];
    await on("p", { element(e) { seen.push(e.tagName, e.getAttribute("id"), e.getAttribute("none"), e.hasAttribute("id"), [...e.attributes], e.removed, e.namespaceURI, e.selfClosing, e.canHaveContent); } });
    return seen;
  },
  "content around": () => on("p", { element(e) { e.before("<b>"); e.after("<i>", { html: true }); e.prepend("1"); e.append("2"); } }),
  "content inside": () => on("p", { element(e) { e.setInnerContent("<new>", { html: true }); } }),
  "content as text": () => on("p", { element(e) { e.setInnerContent("<new> & \"q\""); } }),
  "replace and remove": async () => [
    await on("p", { element(e) { e.replace("R"); } }),
    await on("p", { element(e) { e.remove(); } }),
    await on("p", { element(e) { e.removeAndKeepContent(); } }),
  ],
  "tag name": () => on("p", { element(e) { e.tagName = "div"; } }),
  "end tag": () => on("p", { element(e) { e.onEndTag((end) => { end.before("!"); end.name = "q"; end.after("?"); }); } }),
  "text": async () => {
    const seen = [];
    const page = await on("p", { text(text) { seen.push([text.text, text.lastInTextNode, text.removed]); if (text.text === "one") text.replace("ONE"); } });
    return [seen, page];
  },
  "comments": async () => {
    const seen = [];
    const page = await on("*", { comments(comment) { seen.push(comment.text); comment.text = "d"; } });
    return [seen, page];
  },
  "document": async () => {
    const seen = [];
    const page = await rewritten((rewriter) => rewriter.onDocument({
      doctype(doctype) { seen.push(["doctype", doctype.name, doctype.publicId, doctype.systemId]); },
      comments(comment) { seen.push(["comment", comment.text]); comment.remove(); },
      text(text) { if (text.text) seen.push(["text", text.text]); },
      end(end) { end.append("<!-- end -->", { html: true }); },
    }));
    return [seen, page];
  },
  "selectors": async () => {
    const page = '<div class="a b" id=i data-x="1"><p><b>t</b></p><p lang=en-GB></p></div>';
    const counts = {};
    for (const selector of ["*", "p", ".a", "#i", "div p", "div > b", "[data-x]", "[data-x='1']", "[lang|=en]", "[class~=b]", "[class^=a]", "p:first-child", "p:nth-child(2)", "p:nth-of-type(2)", "p:not([lang])"]) {
      counts[selector] = 0;
      const got = await outcome(() => on(selector, { element() { counts[selector]++; } }, page));
      if (got.threw) counts[selector] = got.threw.class;
    }
    return counts;
  },
  "bad selectors": () => outcomes(...["", "p >", "::before", "p:hover", "a, b"].map((selector) => () => on(selector, {}))).then((all) => all.map((got) => got.threw?.class ?? "fine")),
  "asynchronous handlers": () => on("p", { async element(e) { await scheduler.wait(1); e.setInnerContent("later"); } }),
  "handlers that throw": () => outcome(() => on("p", { element() { throw new RangeError("mine"); } })),
  "handlers that reject": () => outcome(() => on("p", { async element() { throw new RangeError("mine"); } })),
  "element kept for later": async () => {
    let kept;
    await on("p", { element(e) { kept = e; } });
    return (await outcome(() => kept.setAttribute("a", "b"))).threw?.class;
  },
  "this in handlers": async () => {
    class Handler { seen = 0; element() { this.seen++; } }
    const handler = new Handler();
    await on("p", handler);
    return handler.seen;
  },
  "several handlers": () => rewritten((rewriter) => rewriter.on("p", { element(e) { e.append("1"); } }).on("p", { element(e) { e.append("2"); } })),
  "headers and status are kept": async () => {
    const response = new HTMLRewriter().transform(new Response("<p>", { status: 201, headers: { "content-length": "3", a: "b" } }));
    return [response.status, [...response.headers], await response.text()];
  },
  "null body": () => outcome(() => new HTMLRewriter().transform(new Response(null)).body),
  "something else": () => outcomes(() => new HTMLRewriter().transform("x"), () => new HTMLRewriter().transform()).then((all) => all.map(({ threw }) => threw?.class)),
  "broken markup": () => on("p", { element(e) { e.setAttribute("s", "1"); } }, "<p><b <p>x</p </p><"),
  "void and raw elements": () => on("br, script, textarea", { element(e) { e.setAttribute("s", "1"); } }, "<br><script>'<br>'</script><textarea><br></textarea>"),
  "class string": () => Object.prototype.toString.call(new HTMLRewriter()),
};
