// What a worker tries that means no good, or is confused.
import { html, inPieces, later, through } from "./documents.js";

const page = "<!doctype html><p a=b>x<!--c--></p>";

export const attacks = {
  async what_is_kept_past_its_handler_is_refused(expect) {
    const kept = [];
    const keep = (object) => void kept.push(object);
    let waiting;
    const rewriter = new HTMLRewriter()
      .on("p", { element: (element) => { keep(element); keep(element.attributes); element.onEndTag(keep); }, text: keep, comments: keep })
      .onDocument({ doctype: keep, end: (end) => { keep(end); return (waiting = later()); } });
    await rewriter.transform(html(page)).text();
    await waiting;
    for (const object of kept) {
      for (const key in object) {
        const error = await expect.throws("TypeError", `${object[Symbol.toStringTag]}.${key}`, () => {
          const value = object[key];
          return typeof value === "function" ? value.call(object, key === "onEndTag" ? () => {} : "x", {}) : undefined;
        });
        expect(/lasts as long as the handler/.test(error?.message), `${key}: ${error?.message}`);
      }
    }
  },

  async objects_of_others_are_no_receivers(expect) {
    await new HTMLRewriter()
      .on("p", {
        async element(element) {
          const { prototype } = element.constructor;
          for (const name of Object.getOwnPropertyNames(prototype)) {
            if (name === "constructor") continue;
            const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
            await expect.throws("TypeError", name, () => (descriptor.get ?? descriptor.value).call({}, "x", "y"));
          }
          await expect.throws("TypeError", "a constructor", () => new element.constructor());
          await expect.throws("TypeError", "a constructor with arguments", () => new element.constructor({ __proto__: null }, { live: true }));
        },
      })
      .transform(html(page))
      .text();
  },

  async wrong_arguments_are_type_errors(expect) {
    const rewriter = new HTMLRewriter();
    const bad = ["", "p >", "p:hover", "p::after", "p + p", "[", "p[", "a|b", "a ".repeat(100), "x".repeat(1e5), ":not(".repeat(1e4), "\ud800", null];
    for (const selector of bad.slice(0, -2)) await expect.throws("TypeError", selector.slice(0, 20), () => rewriter.on(selector, {}));
    for (const handlers of [null, undefined, 1, { element: 1 }, { text: "x" }, { comments: null }]) {
      await expect.throws("TypeError", String(handlers), () => rewriter.on("p", handlers));
    }
    for (const handlers of [null, 1, { end: 1 }, { doctype: {} }]) await expect.throws("TypeError", String(handlers), () => rewriter.onDocument(handlers));
    for (const response of [undefined, null, {}, "x", new Request("http://x/"), Object.create(Response.prototype)]) {
      await expect.throws("TypeError", String(response), () => rewriter.transform(response));
    }
    const wrong = (use) => expect.throws("TypeError", String(use), () => through(page, "p", use));
    await wrong((element) => (element.tagName = ""));
    await wrong((element) => (element.tagName = "a b"));
    await wrong((element) => (element.tagName = "<"));
    await wrong((element) => element.setAttribute("a=b", "x"));
    await wrong((element) => element.setAttribute("", "x"));
    await wrong((element) => element.setAttribute("x"));
    await wrong((element) => element.append());
    await wrong((element) => element.append("x", 1));
    await wrong((element) => element.append(Symbol()));
    await wrong((element) => element.onEndTag({}));
    await wrong((element) => element.onEndTag((end) => void (end.name = "a>b")));
    await expect.throws("TypeError", "a comment's end", () => new HTMLRewriter().on("p", { comments: (comment) => void (comment.text = "-->") }).transform(html(page)).text());
    await expect.throws("TypeError", "text as a body", () => new HTMLRewriter().transform(new Response(new ReadableStream({ start: (controller) => controller.enqueue("x") }))).text());
  },

  async getters_and_conversions_that_bite_harm_nobody_else(expect) {
    const biting = { get element() { throw new RangeError("bite"); } };
    await expect.throws("RangeError", "a getter", () => new HTMLRewriter().on("p", biting));
    await expect.throws("RangeError", "an option", () => through(page, "p", (element) => element.append("x", { get html() { throw new RangeError("bite"); } })));
    await expect.throws("RangeError", "a conversion", () => through(page, "p", (element) => element.append({ toString() { throw new RangeError("bite"); } })));
    await expect.throws("RangeError", "a thenable", () => through(page, "p", () => ({ get then() { throw new RangeError("bite"); } })));
    let reentered = 0;
    const text = await through(page, "p", (element) => {
      element.setAttribute("x", { toString() { reentered++; element.setAttribute("y", "1"); return "2"; } });
      element.append({ toString() { reentered++; element.remove(); return "and more"; } });
    });
    expect.equal(`${text} ${reentered}`, "<!doctype html>and more 2");
    // The token is over by the time that its argument is known.
    let outer;
    await through("<p><b>", "p", (element) => void (outer = element));
    await expect.throws("TypeError", "late", () => outer.append({ toString: () => "x" }));
  },

  async chunks_that_change_while_they_are_read_harm_nobody(expect) {
    for (const act of [(chunk) => chunk.buffer.transfer(), (chunk) => chunk.fill(0), (chunk) => chunk.buffer.resize(3)]) {
      const buffer = new ArrayBuffer(4000, { maxByteLength: 5000 });
      const chunk = new Uint8Array(buffer);
      chunk.fill(32);
      new TextEncoder().encodeInto("<p>".repeat(100), chunk);
      let acted = false;
      const body = new ReadableStream({ start(controller) { controller.enqueue(chunk); controller.close(); } });
      const rewritten = new HTMLRewriter().on("p", { element() { if (!acted) act(chunk); acted = true; } }).transform(new Response(body));
      expect((await rewritten.text()).startsWith("<p>"), String(act));
    }
  },

  async a_reader_that_leaves_frees_everything(expect) {
    let cancelled = "";
    let element;
    const body = () => new ReadableStream({ pull: (controller) => controller.enqueue(new TextEncoder().encode("<p>x")), cancel: (reason) => void (cancelled = reason) });
    const rewritten = new HTMLRewriter().on("p", { element(one) { element = one; return new Promise(() => {}); } }).transform(new Response(body()));
    const reader = rewritten.body.getReader();
    const read = reader.read();
    await later();
    await reader.cancel("enough");
    await read;
    expect.equal(cancelled, "enough");
    await expect.throws("TypeError", "its element", () => element.tagName);
    for (let i = 0; i < 3000; i++) {
      const many = new HTMLRewriter().on("p", { element() {} }).transform(html("<p>"));
      if (i % 2 === 0) await many.body.cancel();
      else await many.text();
    }
  },

  async a_cut_tag_is_passed_on_as_it_is(expect) {
    for (const cut of ["<p", "<p a", "<p a='", "<!--", "<!", "<", "</", "<p>\u0000", "<![CDATA["]) {
      expect.equal(await new HTMLRewriter().on("*", { element() {}, text() {}, comments() {} }).transform(inPieces([..."x<b>", ...cut])).text(), `x<b>${cut}`);
    }
  },

  async patched_prototypes_do_not_break_it(expect) {
    // Loaded before, since what is loaded later sees the patches.
    expect.equal(HTMLRewriter.name, "HTMLRewriter");
    const { then } = Promise.prototype;
    const { get } = Map.prototype;
    let called = 0;
    Promise.prototype.then = function (...args) { called++; return Reflect.apply(then, this, args); };
    Map.prototype.get = () => { called++; };
    Object.prototype.selector = "evil";
    Object.prototype.html = true;
    try {
      const text = await through("<p></p>", "p", async (element) => { element.append("<"); element.onEndTag((end) => void end.before("!")); });
      expect.equal(text, "<p>&lt;!</p>");
    } finally {
      Promise.prototype.then = then;
      Map.prototype.get = get;
      delete Object.prototype.selector;
      delete Object.prototype.html;
    }
    expect.equal(called, 0);
  },

  async too_much_of_anything_is_refused(expect) {
    const rewriter = new HTMLRewriter();
    for (let i = 0; i < 1025; i++) rewriter.on("a", {});
    await expect.throws("TypeError", "handlers", () => rewriter.transform(html(page)));
    const long = inPieces(Array.from({ length: 100 }, () => "<a ".padEnd(65536, "x")));
    await expect.throws("TypeError", "a tag", () => new HTMLRewriter().on("a", { element() {} }).transform(long).text());
    await expect.throws("RangeError", "content", () => through("<p>", "p", (element) => { for (;;) element.append("x".repeat(1e6)); }));
    await expect.throws("RangeError", "attributes", () => through("<p>", "p", (element) => { for (let i = 0; ; i++) element.setAttribute(`a${i}`, "x".repeat(1e5)); }));
    await expect.throws("TypeError", "elements", () => {
      const selectors = Array.from({ length: 500 }, (_, i) => `a:not(.x${i}) b`);
      const all = new HTMLRewriter();
      for (const selector of selectors) all.on(selector, { element() {} });
      return all.transform(inPieces(Array.from({ length: 100 }, () => "<a>".repeat(1000)))).text();
    });
    // And nothing of it is held any longer.
    expect.equal(await through("<p>", "p", (element) => element.append("x".repeat(1e6))), `<p>`);
  },
};
