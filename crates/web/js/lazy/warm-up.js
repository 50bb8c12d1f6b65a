// What workers do with what is loaded late, done once when Mote is built: V8 keeps the code that was compiled for it, and no
// isolate that loads one of these modules has to compile what most of them call. Nothing is connected here: there is no event and
// no network, and what needs either is left out.
import { load, loadAll } from "../lazy.js";
import { nodeModuleNames, nodeModule } from "../node-modules.js";

const steps = {
  async readables() {
    const { ReadableStream } = globalThis;
    const made = new ReadableStream({
      start: (controller) => controller.enqueue("a"),
      pull: (controller) => controller.close(),
      cancel() {},
    });
    const reader = made.getReader();
    await reader.read();
    await reader.read();
    await reader.closed;
    reader.releaseLock();
    for await (const chunk of ReadableStream.from(["a", "b"])) chunk.length;
    await new ReadableStream({ pull() {} }).cancel();
  },
  async bytes() {
    const { ReadableStream } = globalThis;
    const made = () => {
      let left = 2;
      return new ReadableStream({
        type: "bytes",
        pull(controller) {
          if (left-- > 0) controller.enqueue(new Uint8Array(8));
          else controller.close();
        },
      });
    };
    const reader = made().getReader({ mode: "byob" });
    await reader.read(new Uint8Array(8));
    reader.releaseLock();
    const [one, other] = made().tee();
    await Promise.all([new Response(one).arrayBuffer(), new Response(other).bytes()]);
  },
  async transforms() {
    const upper = new TransformStream({ transform: (chunk, controller) => controller.enqueue(chunk.toUpperCase()), flush() {} });
    const text = ReadableStream.from(["a", "b"]).pipeThrough(upper).pipeThrough(new TextEncoderStream());
    await new Response(text).text();
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const written = writer.write(new Uint8Array(4)).then(() => writer.close());
    await new Response(readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextEncoderStream())).json().catch(() => {});
    await written;
    const fixed = new FixedLengthStream(2);
    const all = fixed.writable.getWriter();
    await Promise.all([new Response(fixed.readable).text(), all.write(new Uint8Array(2)), all.close()]);
  },
  async bodies() {
    await new Response("a").body.getReader().read();
    await new Response(new Request("http://a/", { method: "POST", body: "{}" }).body).json();
    const response = new Response(ReadableStream.from([new Uint8Array(1)]));
    await Promise.all([response.clone().text(), response.text()]);
    await new Blob(["a", new Uint8Array(2)]).stream().getReader().read();
    await new Blob(["a"]).text();
  },
  async forms() {
    const form = new FormData();
    form.append("a", "b");
    form.append("file", new File(["content"], "name.txt", { type: "text/plain" }));
    const copy = await new Response(form).formData();
    copy.get("a");
    copy.getAll("file");
    for (const [name] of copy) copy.has(name);
    await new Response(new URLSearchParams("a=b&c=d")).formData();
  },
  async clones() {
    structuredClone({ a: [1, "b", new Date(0), new Map([[1, new Set([2])]]), /x/g, new Error("m"), new Uint8Array(2)] });
    structuredClone(new Uint8Array(2).buffer);
  },
  async prints() {
    const { inspect } = load("lazy/inspect.js");
    const { format } = load("lazy/inspect/format.js");
    const shown = { a: [1, 2, "b", null, undefined, 1n, Symbol("s")], b: new Map([[1, new Set([2])]]), c: new Error("m"), d() {}, e: { f: { g: {} } } };
    inspect(shown);
    format(["%s is %d of %o", "a", 1, shown, true]);
    format([new Request("http://a/"), new Response("b"), new Headers({ a: "b" }), new URL("http://a/"), Promise.resolve(1), [1, 2, 3]]);
    load("lazy/inspect/table.js").table([{ a: 1 }, { a: 2 }], undefined);
  },
  async cryptography() {
    const { subtle } = crypto;
    const bytes = new Uint8Array(16);
    const hmac = await subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, true, ["sign", "verify"]);
    const aes = await subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    return [hmac, aes, structuredClone(hmac)].length;
  },
  async events() {
    const target = new EventTarget();
    target.addEventListener("a", (event) => event.detail);
    target.dispatchEvent(new CustomEvent("a", { detail: 1 }));
    new MessageEvent("message", { data: 1 });
  },
  async sockets() {
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    client.accept();
    const heard = new Promise((resolve) => server.addEventListener("message", resolve));
    client.send("a");
    await heard;
    server.close(1000, "done");
  },
  async node() {
    for (const name of nodeModuleNames()) nodeModule(`node:${name}`, load);
    const { Buffer } = load("node/buffer.js");
    Buffer.concat([Buffer.from("a"), Buffer.alloc(2)]).toString("base64");
    const { EventEmitter } = load("node/events.js");
    new EventEmitter().once("a", () => {}).emit("a");
    const { AsyncLocalStorage } = load("node/async_hooks.js");
    new AsyncLocalStorage().run(1, () => {});
    load("node/path.js").join("a", "..", "b");
    load("node/util.js").inspect({ a: 1 });
  },
};

/** Fulfils with what went wrong, as text. */
export async function warmUp() {
  loadAll();
  let wrong = "";
  for (const name in steps) {
    try {
      await steps[name]();
    } catch (error) {
      wrong += `${name}: ${error?.stack ?? error}\n`;
    }
  }
  return wrong;
}
