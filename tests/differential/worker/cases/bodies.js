import { outcomes, utf8 } from "../outcome.js";

// A case that is asked with a body.
const post = (body, headers, run) => Object.assign(run, { method: "POST", headers, body });

const of = (body, headers) => new Response(body, { headers });

export default {
  "text of bytes": () => of(utf8("grün")).text(),
  "text with a byte-order mark": () => of(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])).text(),
  "text of bad UTF-8": () => of(new Uint8Array([0x61, 0xff, 0x62])).text(),
  "json": () => of('{"a":[1,"ü"]}').json(),
  "json with a byte-order mark": () => of(new Uint8Array([0xef, 0xbb, 0xbf, 0x31])).json(),
  "json that is bad": () => of("{").json(),
  "json of nothing": () => of("").json(),
  "json of null body": () => new Response(null).json(),
  "arrayBuffer": () => of("abc").arrayBuffer(),
  "bytes": () => of("abc").bytes(),
  "blob with a type": async () => of("abc", { "content-type": "Text/HTML; charset=X" }).blob(),
  "blob without a type": () => of(utf8("abc")).blob(),
  "blob of text": () => of("abc").blob(),
  "null body in every form": async () => {
    const nothing = () => new Response(null);
    return [await nothing().text(), await nothing().arrayBuffer(), await nothing().bytes(), await nothing().blob()];
  },
  "read twice": async () => {
    const response = of("abc");
    await response.text();
    return response.text();
  },
  "null body read twice": async () => {
    const response = new Response(null);
    await response.text();
    return [response.bodyUsed, await response.text()];
  },
  "read when locked": () => {
    const response = of("abc");
    response.body.getReader();
    return response.text();
  },
  "read after a part was read": async () => {
    const response = of("abc");
    const reader = response.body.getReader();
    await reader.read();
    reader.releaseLock();
    return response.text();
  },
  "view's part only": () => of(new Uint8Array([1, 2, 3, 4]).subarray(1, 3)).bytes(),
  "DataView": () => of(new DataView(new ArrayBuffer(4), 1, 2)).bytes(),
  "bytes are copied at once": async () => {
    const bytes = utf8("abc");
    const response = of(bytes);
    bytes[0] = 0x7a;
    return response.text();
  },
  "stream of texts": () => of(new ReadableStream({ start(c) { c.enqueue("text"); c.close(); } })).text(),
  "stream of numbers": () => of(new ReadableStream({ start(c) { c.enqueue(1); c.close(); } })).text(),
  "stream that fails": () => of(new ReadableStream({ start(c) { c.error(new RangeError("mine")); } })).text(),
  "stream that was read": async () => {
    const stream = new Blob(["abc"]).stream();
    const reader = stream.getReader();
    await reader.read();
    reader.releaseLock();
    return of(stream);
  },
  "a used body in a new response": async () => {
    const first = of("abc");
    await first.text();
    return of(first.body);
  },
  "urlencoded form": async () => [...(await of("a=b+c&d=%41&e", { "content-type": "application/x-www-form-urlencoded" }).formData())],
  "form of an unknown type": () => of("a", { "content-type": "text/plain" }).formData(),
  "form without a type": () => of(utf8("a")).formData(),
  "multipart without a boundary": () => of("x", { "content-type": "multipart/form-data" }).formData(),
  "multipart that is broken": () => of("--x\r\nnope", { "content-type": "multipart/form-data; boundary=x" }).formData(),
  "multipart by hand": async () => {
    const text = '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\nContent-Type: text/css\r\n\r\nbody\r\n--B--\r\n';
    const form = await of(text, { "content-type": "multipart/form-data; boundary=B" }).formData();
    return [form.get("a"), form.get("f")];
  },
  "multipart round trip": async () => {
    const form = new FormData();
    form.append("text", "ü\n2");
    form.append("file", new File(["content"], 'na"me.bin', { type: "a/b" }));
    return [...(await of(form).formData())];
  },
  "multipart content type": () => {
    const type = of(new FormData()).headers.get("content-type");
    return type.startsWith("multipart/form-data; boundary=");
  },
  "posted body": post("hello", { "content-type": "text/plain" }, ({ request }) => request.text()),
  "posted JSON": post('{"a":1}', { "content-type": "application/json" }, ({ request }) => request.json()),
  "posted form": post("a=1&b=%C3%BC", { "content-type": "application/x-www-form-urlencoded" }, async ({ request }) => [
    ...(await request.formData()),
  ]),
  "posted body, cloned": post("hello", {}, async ({ request }) => {
    const clone = request.clone();
    return [await clone.text(), await request.text(), request.bodyUsed];
  }),
  "posted body, passed on": post("hello", {}, async ({ request }) => new Request("http://a.test", request).text()),
  "async iteration": async () => {
    const pieces = [];
    for await (const piece of of("abc").body) pieces.push(piece);
    return pieces;
  },
  "methods on another object": () => outcomes(() => Response.prototype.text.call({}), () => Request.prototype.json.call(new Response("1"))),
  "tee": async () => {
    const [a, b] = of("abc").body.tee();
    return [await of(a).text(), await of(b).text()];
  },
};
