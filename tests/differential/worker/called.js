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
  get greeting() {
    return "hello";
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
