// What the cases of remote calls call: an entry point of this same worker.
import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";

class Counter extends RpcTarget {
  #count = 0;
  secret = "an own property is not remote";

  get count() {
    return this.#count;
  }

  increment(by = 1) {
    this.#count += by;
    return this.#count;
  }
}

export class Called extends WorkerEntrypoint {
  // Answers connections by what they ask for.
  async connect(socket) {
    const { localAddress, remoteAddress } = await socket.opened;
    const writer = socket.writable.getWriter();
    const say = (text) => writer.write(new TextEncoder().encode(text));
    if (localAddress === "throws.test:1") throw new RangeError("mine");
    if (localAddress === "returns.test:1") return;
    if (localAddress === "shape.test:1") await say(JSON.stringify([socket.constructor.name, socket.secureTransport, socket.upgraded, remoteAddress === undefined, typeof this.ctx.waitUntil]));
    if (localAddress === "late.test:1") {
      await say("part");
      throw new RangeError("mine");
    }
    if (localAddress === "first.test:1") await say("first");
    for await (const chunk of socket.readable) await say(`got ${new TextDecoder().decode(chunk)},`);
    await say("end");
    await writer.close();
  }

  get greeting() {
    return "hello";
  }

  // The stream is read after the call has returned.
  later(stream) {
    this.ctx.waitUntil(new Response(stream).text());
    return "returned";
  }

  add(a, b) {
    return a + b;
  }

  echo(value) {
    return value;
  }

  argumentsOf(...all) {
    return all.length;
  }

  fail(Kind, message) {
    throw new { TypeError, RangeError, Error }[Kind](message);
  }

  failWithText(text) {
    throw text;
  }

  counter() {
    return new Counter();
  }

  doubler() {
    return (number) => number * 2;
  }

  async callBack(callback) {
    return [await callback(1), await callback(2)];
  }

  stream() {
    return new Blob(["from the other side"]).stream();
  }

  response() {
    return new Response("answered", { status: 201, headers: { "x-by": "call" } });
  }

  environment() {
    return this.env.TEXT;
  }

  plain() {
    return { nested: { add: (a, b) => a + b }, list: [1, 2] };
  }

  notCloneable() {
    return new WeakMap();
  }

  async fetch(request) {
    if (request.url.endsWith("/cf")) return Response.json([typeof request.cf, request.cf?.mine ?? null, request.cf?.text ?? null]);
    return new Response(`fetched ${new URL(request.url).pathname}`);
  }
}

// What `ctx.exports` gives, with and without properties.
export class Specialized extends WorkerEntrypoint {
  props() {
    return this.ctx.props;
  }

  async fetch() {
    return Response.json(this.ctx.props);
  }
}
