// What flows: documents that are rewritten, streams of events, packed bytes.
import { attempt, claim, firstLine, latin1, later, pieces, same } from "./claims.js";

// What no handler touches stays what it is, however it comes.
async function html(_text, bytes) {
  const untouched = new HTMLRewriter().transform(new Response(pieces(bytes)));
  const given = await later(() => untouched.bytes());
  claim(given === undefined || latin1(given) === latin1(bytes), "it has changed by itself");
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const seen = { elements: 0, text: "" };
  const reading = new HTMLRewriter()
    .on("*", {
      element(element) {
        seen.elements++;
        // Names and values lose a mark of the byte order at their beginning, for whoever reads them.
        for (const [name, value] of text.includes("\ufeff") ? [] : element.attributes) claim(/[\s/>=]/.test(name) || (element.getAttribute(name) !== null && typeof value === "string"), `the attribute '${name}'`);
        attempt(() => element.onEndTag((tag) => claim(tag.name.length > 0, "an end tag without a name")));
      },
      comments: (comment) => claim(typeof comment.text === "string", "a comment without a text"),
      text: (chunk) => void (seen.text += chunk.text),
    })
    .onDocument({ doctype: (doctype) => claim(doctype.name === null || doctype.name.length >= 0, "a doctype"), text() {}, comments() {}, end() {} });
  const read = await later(() => reading.transform(new Response(pieces(new TextEncoder().encode(text)))).text());
  if (read !== undefined) claim(read === text.replace(/^\ufeff/, ""), "it was only looked at, and has changed");
  const writing = new HTMLRewriter().on("*", {
    element(element) {
      element.setAttribute("a", text.slice(0, 20));
      element.prepend("<b>", { html: element.tagName.length % 2 === 0 });
      if (element.tagName === "script") element.remove();
      else attempt(() => (element.tagName = text.slice(0, 5)));
    },
    comments: (comment) => void attempt(() => (comment.text = text.slice(0, 30))),
    text: (chunk) => void chunk.replace(chunk.text, { html: false }),
  });
  await later(() => writing.transform(new Response(pieces(bytes))).bytes());
}

const PAGE = '<!doctype html><div id=a class="b c"><p title=x>one<b>two</b></p><p lang=en>three</div><svg><a href=y></a></svg>';

async function selector(text) {
  let found = 0;
  const rewriter = attempt(() => new HTMLRewriter().on(text, { element: () => void found++ }));
  if (rewriter === undefined) return;
  const read = await later(() => rewriter.transform(new Response(PAGE)).text());
  claim(read === undefined || read === PAGE, "it was only looked at, and has changed");
  const again = new HTMLRewriter().on(text, { element: () => void found-- });
  await later(() => again.transform(new Response(pieces(new TextEncoder().encode(PAGE)))).text());
  claim(read === undefined || found === 0, "in pieces other elements are found");
}

async function eventsOf(stream, types) {
  const source = EventSource.from(stream);
  const events = [];
  const { promise, resolve } = Promise.withResolvers();
  const keep = ({ type, data, lastEventId, origin }) => void events.push([type, data, lastEventId, origin]);
  for (const type of types) if (type !== "error") source.addEventListener(type, (event) => event instanceof MessageEvent && keep(event));
  source.addEventListener("error", (event) => (event instanceof MessageEvent ? keep(event) : resolve()));
  await promise;
  claim(source.readyState === EventSource.CLOSED, "it has ended and is not closed");
  return events;
}

async function eventStream(text, bytes) {
  const named = [...text.matchAll(/event: ?([^\r\n]*)/g)].map(([, name]) => name);
  const types = new Set(["message", "open", ...named.slice(0, 100)]);
  const whole = await eventsOf(new Response(bytes).body, types);
  same(await eventsOf(pieces(bytes), types), whole, "in pieces");
  claim(whole.every(([, data, id]) => !/\r/.test(data) && !/[\r\n\0]/.test(id)), "a line's end within a field");
}

const FORMATS = ["gzip", "deflate", "deflate-raw", "brotli"];
const UNPACKED_BYTES_MAX = 1 << 20;

async function unpacked(format, bytes) {
  const reader = pieces(bytes).pipeThrough(new DecompressionStream(format)).getReader();
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return length;
    length += value.length;
    if (length > UNPACKED_BYTES_MAX) {
      await reader.cancel();
      return length;
    }
  }
}

async function compression(_text, bytes) {
  const [format, body] = firstLine(bytes);
  if (FORMATS.includes(format)) await later(() => unpacked(format, body));
  else attempt(() => new DecompressionStream(format));
  const packed = pieces(bytes).pipeThrough(new CompressionStream("gzip"));
  const again = await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).bytes();
  claim(latin1(again) === latin1(bytes), "packed and unpacked it is something else");
}

export const streams = { html, selector, "event-stream": eventStream, compression };
