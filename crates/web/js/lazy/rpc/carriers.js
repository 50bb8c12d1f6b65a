// Streams, requests and responses between workers. A stream stays where it is: the other side asks for each chunk, so
// whoever reads slowly holds up the one who writes.
import { Request, partsOf } from "../../request.js";
import { Response } from "../../response.js";
import { ReadableStream, WritableStream } from "../streams/index.js";
import { streamOf } from "../../body.js";
import { RpcTarget } from "./targets.js";

const dispose = Symbol.dispose;

class ReadableSide extends RpcTarget {
  #reader;

  constructor(stream) {
    super();
    this.#reader = stream.getReader();
  }

  pull() {
    return this.#reader.read();
  }

  cancel(reason) {
    return this.#reader.cancel(reason);
  }

  // Nobody will read on.
  [dispose]() {
    this.#reader.cancel().catch(() => {});
  }
}

class WritableSide extends RpcTarget {
  #writer;

  constructor(stream) {
    super();
    this.#writer = stream.getWriter();
  }

  write(chunk) {
    return this.#writer.write(chunk);
  }

  close() {
    return this.#writer.close();
  }

  abort(reason) {
    return this.#writer.abort(reason);
  }
}

export const readableTarget = (stream) => new ReadableSide(stream);
export const writableTarget = (stream) => new WritableSide(stream);

/** The stream whose source is the stub of a `readableTarget`. */
export function readableOfStub(stub) {
  const source = {
    async pull(controller) {
      const { done, value } = await stub.pull();
      if (!done) return controller.enqueue(value);
      controller.close();
      stub[dispose]();
    },
    async cancel(reason) {
      await stub.cancel(reason);
      stub[dispose]();
    },
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}

/** The stream whose sink is the stub of a `writableTarget`. */
export function writableOfStub(stub) {
  return new WritableStream({
    write: (chunk) => stub.write(chunk),
    async close() {
      await stub.close();
      stub[dispose]();
    },
    async abort(reason) {
      await stub.abort(reason);
      stub[dispose]();
    },
  });
}

/** What a request is made of; it is used up. */
export function requestParts(request) {
  const { method, url, list, body, redirect } = partsOf(request);
  return { method, url, headers: list, body: streamOf(body), redirect, cf: request.cf };
}

export function requestOfParts({ method, url, headers, body, redirect, cf }) {
  return new Request(url, { method, headers: pairsOf(headers), body: body ?? undefined, redirect, cf });
}

/** What a response is made of; it is used up. */
export function responseParts(response) {
  if (response.webSocket !== null) throw new TypeError("A Response with a webSocket cannot be passed to another worker by a call; use fetch().");
  const headers = [];
  response.headers.forEach((value, name) => headers.push(name, value));
  const { status, statusText, body, cf } = response;
  return { status, statusText, headers, body, cf };
}

export function responseOfParts({ status, statusText, headers, body, cf }) {
  return new Response(body, { status, statusText, headers: pairsOf(headers), cf });
}

/** A flat list as pairs, which is what headers are made of. */
export function pairsOf(list) {
  const pairs = [];
  for (let i = 0; i + 1 < list.length; i += 2) pairs[pairs.length] = [list[i], list[i + 1]];
  return pairs;
}
