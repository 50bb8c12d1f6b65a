// What Workers' HTMLRewriter does.
import { html, inPieces, later, through } from "./documents.js";

export const rules = {
  async elements_are_read_and_changed(expect) {
    const seen = [];
    const text = await through("<DIV Id=a class='b c' hidden>x</DIV>", "div", (element) => {
      seen.push(element.tagName, element.namespaceURI, element.getAttribute("CLASS"), element.getAttribute("no"), element.hasAttribute("hidden"), element.removed);
      seen.push(JSON.stringify([...element.attributes]));
      const same = element.setAttribute("id", '"1"').removeAttribute("hidden").setAttribute("new", "");
      seen.push(same === element);
      element.tagName = "p";
    });
    const expected = ["div", "http://www.w3.org/1999/xhtml", "b c", null, true, false, '[["id","a"],["class","b c"],["hidden",""]]', true];
    expect.equal(JSON.stringify(seen), JSON.stringify(expected));
    expect.equal(text, `<p Id="&quot;1&quot;" class='b c' new="">x</p>`);
  },

  async content_goes_where_it_is_told(expect) {
    const text = await through("<p>x</p><br>", "p, br", (element) => {
      element.before("<1>").before("<i>2</i>", { html: true }).after("3").after("4").prepend("5").append("6", { html: false });
    });
    expect.equal(text, "&lt;1&gt;<i>2</i><p>5x6</p>43&lt;1&gt;<i>2</i><br>43");
    expect.equal(await through("<p>x<b>y</b></p>z", "p", (element) => element.setInnerContent("<q>", { html: true })), "<p><q></p>z");
    expect.equal(await through("<p>x</p>z", "p", (element) => element.replace("&")), "&amp;z");
    expect.equal(await through("<p>x</p>z", "p", (element) => expect(element.remove().removed, "removed")), "z");
    expect.equal(await through("<p>x</p>z", "p", (element) => element.removeAndKeepContent()), "xz");
    expect.equal(await through("<p>x</p>", "p", (element) => element.append(null).append(7)), "<p>xnull7</p>");
  },

  async selectors_select(expect) {
    const page = "<main><a href=/x class='k l'>1</a><p><a id=q>2</a></p><p lang=en-GB>3</p></main>";
    const cases = [
      ["*", 5], ["a", 2], ["main > a", 1], ["main a", 2], ["a[href]", 1], ["a[href='/x']", 1], ["[href^='/']", 1], ["[class~=l]", 1], ["[lang|=en]", 1],
      [".k.l", 1], ["#q", 1], ["a:not([href])", 1], ["p:nth-child(2)", 1], ["p:first-of-type", 1], ["p:nth-of-type(2)", 1], ["a, p", 4], ["[href='/X' i]", 1], ["A", 2],
    ];
    for (const [selector, count] of cases) {
      let found = 0;
      expect.equal(await through(page, selector, () => void found++), page);
      expect.equal(`${selector}: ${found}`, `${selector}: ${count}`);
    }
  },

  async text_comes_in_chunks_with_a_last_one(expect) {
    const chunks = [];
    let whole = "";
    const rewriter = new HTMLRewriter().on("p", {
      text(chunk) {
        chunks.push([chunk.text, chunk.lastInTextNode]);
        whole += chunk.text;
        if (chunk.lastInTextNode) chunk.after(`[${whole}]`);
        else chunk.remove();
      },
    });
    const text = await rewriter.transform(inPieces(["<p>on", "e<b>tw", "o</b></p>three"])).text();
    expect.equal(text, "<p>[one]<b>[onetwo]</b></p>three");
    expect(chunks.filter(([, last]) => last).length === 2, JSON.stringify(chunks));
    const replaced = new HTMLRewriter().on("p", { text: (chunk) => void (chunk.text && chunk.before("<").replace("<b>", { html: true })) });
    expect.equal(await replaced.transform(html("<p>x</p>")).text(), "<p>&lt;<b></p>");
  },

  async comments_doctype_and_end_are_met(expect) {
    const seen = [];
    const rewriter = new HTMLRewriter()
      .on("p", { comments: (comment) => void comment.before("<b>", { html: true }).after("!") })
      .onDocument({
        doctype: (doctype) => void seen.push(doctype.name, doctype.publicId, doctype.systemId),
        comments(comment) {
          seen.push(comment.text, comment.removed);
          if (comment.text === " a ") comment.text = "z";
          else if (comment.text === "b") comment.remove();
          else comment.replace("c");
        },
        text: (chunk) => void (chunk.text === "x" && chunk.replace("y")),
        end: (end) => void end.append("<!--end-->", { html: true }).append("<"),
      });
    const page = '<!DOCTYPE html PUBLIC "-//W3C//DTD" "http://w3"><p><!-- a --></p>x<!--b--><!--c-->';
    expect.equal(await rewriter.transform(html(page)).text(), '<!DOCTYPE html PUBLIC "-//W3C//DTD" "http://w3"><p><b><!--z-->!</p>yc<!--end-->&lt;');
    expect.equal(JSON.stringify(seen), '["html","-//W3C//DTD","http://w3"," a ",false,"b",false,"c",false]');
    expect.equal(await new HTMLRewriter().onDocument({ end: (end) => void end.append("!") }).transform(html("")).text(), "!");
  },

  async end_tags_have_handlers_of_their_own(expect) {
    const seen = [];
    const text = await through("<p><b>x</b>y</p><p>z", "p, b", (element) => {
      const { tagName } = element;
      seen.push(`<${tagName}`);
      const nothing = element.onEndTag(async (end) => {
        await later();
        seen.push(`/${end.name}`);
        end.before(`(${tagName}`).after("<)");
        if (tagName === "p") end.name = "q";
        else end.remove();
      });
      expect(nothing === undefined, "onEndTag gives nothing");
    });
    expect.equal(text, "<p><b>x(b&lt;)y(p</q>&lt;)<p>z");
    expect.equal(seen.join(" "), "<p <b /b /p <p");
    await expect.throws("TypeError", "no end tag", () => through("<br>", "br", (element) => element.onEndTag(() => {})));
  },

  async handlers_may_take_their_time(expect) {
    const order = [];
    const handler = (name) => ({
      async element(element) {
        order.push(`${name}+`);
        await later();
        element.setAttribute(name, await later("1"));
        order.push(`${name}-`);
      },
      async text(chunk) {
        await later();
        if (chunk.text !== "") order.push(chunk.text);
      },
    });
    const rewriter = new HTMLRewriter().on("a", handler("one")).on("a", handler("two"));
    const text = await rewriter.transform(html("<a>x</a><a>y</a>")).text();
    expect.equal(text, '<a one="1" two="1">x</a><a one="1" two="1">y</a>');
    expect.equal(order.join(" "), "one+ one- two+ two- x x one+ one- two+ two- y y");
  },

  async handlers_are_called_as_methods(expect) {
    class Counts {
      count = 0;
      element(element) {
        element.append(String(++this.count));
      }
    }
    const counts = new Counts();
    expect.equal(await new HTMLRewriter().on("p", counts).transform(html("<p></p><p></p>")).text(), "<p>1</p><p>2</p>");
    expect.equal(counts.count, 2);
  },

  async streams_and_responses_can_be_inserted(expect) {
    const stream = () => inPieces(["<s", ">\u00e9"]).body;
    const text = await through("<p>x</p>y", "p", (element) => {
      element.before(stream()).after(new Response("<r>"), { html: true });
      element.setInnerContent(stream(), { html: true });
      element.append(new Response(null));
      element.onEndTag((end) => void end.before(new Response("e")));
    });
    expect.equal(text, "&lt;s&gt;\u00e9<p><s>\u00e9e</p><r>y");
    const used = new Response("x");
    await used.text();
    await expect.throws("TypeError", "a used response", () => through("<p>", "p", (element) => element.append(used)));
    const broken = new ReadableStream({ pull: () => Promise.reject(new RangeError("broken")) });
    await expect.throws("RangeError", "a broken stream", () => through("<p>", "p", (element) => element.before(broken)));
    expect.equal(await new HTMLRewriter().onDocument({ end: (end) => void end.append(new Response("<e>")) }).transform(html("a")).text(), "a&lt;e&gt;");
  },

  async a_stream_that_is_cut_within_a_character_is_put_together(expect) {
    const bytes = new TextEncoder().encode("<i>\u00e9\ud83d\ude00</i>");
    const text = await through("<p></p>", "p", (element) => element.append(inPieces([...bytes].map((byte) => new Uint8Array([byte]))).body));
    expect.equal(text, "<p>&lt;i&gt;\u00e9\ud83d\ude00&lt;/i&gt;</p>");
  },

  async other_encodings_stay_what_they_are(expect) {
    const body = new Uint8Array([...new TextEncoder().encode("<p>"), 0xe9, ...new TextEncoder().encode("</p>")]);
    const response = new Response(body, { headers: { "content-type": "text/html; charset=iso-8859-1" } });
    let read = "";
    const rewriter = new HTMLRewriter().on("p", {
      element: (element) => void element.append("\u20ac\u03b1").append(new Response("\u20ac\u03b1")),
      text: (chunk) => void (read += chunk.text),
    });
    const bytes = new Uint8Array(await rewriter.transform(response).arrayBuffer());
    expect.equal(read, "\u00e9");
    expect.equal(new TextDecoder("windows-1252").decode(bytes), "<p>\u00e9\u20ac&#945;\u20ac&#945;</p>");
    await expect.throws("TypeError", "UTF-16", () => rewriter.transform(html("", "text/html; charset=utf-16")));
    await expect.throws("TypeError", "no encoding", () => rewriter.transform(html("", "text/html; charset=x")));
  },

  async it_flows(expect) {
    // The document has no end: what has come is rewritten before more has.
    let pulled = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (pulled++ > 0) return later().then(() => controller.enqueue(new TextEncoder().encode("<p>")));
        controller.enqueue(new TextEncoder().encode("<p>first"));
      },
    });
    const rewritten = new HTMLRewriter().on("p", { element: (element) => void element.prepend("!") }).transform(new Response(body));
    const reader = rewritten.body.getReader();
    let text = "";
    while (text.length < 60) text += new TextDecoder().decode((await reader.read()).value);
    expect(text.startsWith("<p>!first<p>!<p>!"), text);
    await reader.cancel();
    expect(pulled < 40, `it was asked ${pulled} times`);
  },

  async what_is_first_does_not_wait_for_a_handler(expect) {
    let release;
    const rewritten = new HTMLRewriter()
      .on("b", { element: (element) => new Promise((resolve) => (release = () => resolve(element.append("!")))) })
      .transform(html("<p>x</p><b></b>"));
    const reader = rewritten.body.getReader();
    expect.equal(new TextDecoder().decode((await reader.read()).value), "<p>x</p>");
    release();
    expect.equal(new TextDecoder().decode((await reader.read()).value), "<b>!</b>");
    expect((await reader.read()).done, "the end");
  },

  async the_response_is_like_the_one_that_came(expect) {
    const response = new Response("<p>", { status: 404, statusText: "Gone", headers: { "content-type": "text/html", "content-length": "3", "x-a": "b", etag: '"1"' } });
    const rewritten = new HTMLRewriter().on("p", { element: (element) => void element.append("x") }).transform(response);
    expect.equal(`${rewritten.status} ${rewritten.statusText} ${rewritten.headers.get("x-a")} ${rewritten.headers.get("content-length")}`, "404 Gone b null");
    expect(rewritten instanceof Response && rewritten !== response && response.bodyUsed === false, "a new response");
    expect(response.body.locked, "whose body is the new one's");
    rewritten.headers.set("x-a", "c");
    expect.equal(response.headers.get("x-a"), "b");
    const empty = new Response(null, { status: 204 });
    expect(new HTMLRewriter().transform(empty) === empty, "without a body nothing is to be done");
    await expect.throws("TypeError", "again", () => new HTMLRewriter().transform(response));
  },

  async one_rewriter_serves_many_documents(expect) {
    let count = 0;
    const rewriter = new HTMLRewriter().on("p", { async element(element) { const mine = ++count; await later(); element.append(String(mine)); } });
    const texts = await Promise.all(["a", "b", "c"].map((name) => rewriter.transform(html(`<p id=${name}></p>`)).text()));
    expect.equal(texts.join(), "<p id=a>1</p>,<p id=b>2</p>,<p id=c>3</p>");
    // A handler may rewrite another document meanwhile.
    const nested = new HTMLRewriter().on("p", { element: async (element) => void element.append(await rewriter.transform(html("<p></p>")).text(), { html: true }) });
    expect.equal(await nested.transform(html("<p></p>")).text(), "<p><p>4</p></p>");
  },

  async an_error_of_a_handler_breaks_the_body_off(expect) {
    const cases = {
      RangeError: () => { throw new RangeError("mine"); },
      SyntaxError: async () => { await later(); throw new SyntaxError("mine"); },
    };
    for (const [name, handler] of Object.entries(cases)) {
      for (const handlers of [{ element: handler }, { text: handler }, { comments: handler }]) {
        let cancelled;
        const body = new ReadableStream({ pull: (controller) => controller.enqueue(new TextEncoder().encode("<p>x<!---->")), cancel: (reason) => void (cancelled = reason) });
        const error = await expect.throws(name, "text", () => new HTMLRewriter().on("p", handlers).transform(new Response(body)).text());
        expect(error === cancelled, "the source is told why");
      }
    }
    const thrown = { odd: true };
    try {
      await through("<p>", "p", () => { throw thrown; });
      expect(false, "no error");
    } catch (error) {
      expect(error === thrown, "any value");
    }
  },
};
