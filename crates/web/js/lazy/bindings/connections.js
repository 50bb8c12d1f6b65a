// `connect()` through a binding: the other worker's `connect` handler gets the other end of the connection. It is a call
// with two streams: what this side writes goes along, and what the other one writes is the answer.
import { IdentityTransformStream, isReadableStream } from "../streams/index.js";
import { addressOf, createStreamSocket, settingsOf } from "../sockets.js";
import { bytesOf, isObject, requireArguments } from "../../webidl.js";
import { memberOf } from "../rpc/targets.js";
import { native } from "../../native.js";

const { apply } = Reflect;
const then = Function.prototype.call.bind(Promise.prototype.then);
const Bytes = Uint8Array;
const settled = Promise.resolve();

/** The name of the handler, which no remote call reaches otherwise. */
export const CONNECT = "connect";

// A message between workers holds this much, however it is written.
const PIECE_BYTES = 1 << 20;

// How a socket moves bytes that go through streams: what stands where a connection's number is has a reader and a writer.
const STREAMS = {
  __proto__: null,
  async read({ reader }) {
    const { done, value } = await reader.read();
    if (done) return undefined;
    const bytes = isObject(value) ? bytesOf(value) : undefined;
    if (bytes === undefined) throw new TypeError("The other worker sent something that is not bytes.");
    return bytes;
  },
  async write({ writer }, bytes) {
    // The sender keeps its memory.
    const copy = new Bytes(bytes);
    for (let at = 0; at < copy.length; at += PIECE_BYTES) await writer.write(copy.subarray(at, at + PIECE_BYTES));
  },
  shutdown: ({ writer }) => writer.close(),
  close({ reader, writer }) {
    ignore(reader.cancel());
    ignore(writer.close());
  },
};

/** Connects to a worker. `call(path, args)` makes a remote call of it. */
export function connectThrough(call, args) {
  requireArguments(args.length, 1, "Fetcher.connect");
  const to = addressOf(args[0]);
  const settings = settingsOf(to, args[1]);
  if (settings.secure === "on") throw new Error("Fetcher.connect: TLS through a binding is not supported.");
  const address = `${to.hostname}:${to.port}`;
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const opening = endsOf(call([CONNECT], [address, readable]), writer);
  return createStreamSocket({ ...settings, info: { remoteAddress: address } }, opening, STREAMS);
}

async function endsOf(answered, writer) {
  const answer = await answered;
  if (!isReadableStream(answer)) throw new TypeError("The other worker did not answer with a connection.");
  return { reader: answer.getReader(), writer };
}

/** Gives a connection to the `connect` handler of an entrypoint; what comes of it is what the handler writes. */
export function serveConnection(entrypoint, address, incoming) {
  const handler = handlerOf(entrypoint);
  if (typeof address !== "string" || !isReadableStream(incoming)) throw new TypeError("This is no connection.");
  const { readable, writable } = new IdentityTransformStream();
  const ends = { reader: incoming.getReader(), writer: writable.getWriter() };
  // Whoever asks closes its side by itself; what the handler writes ends with the handler.
  const settings = { secure: "off", allowHalfOpen: true, highWaterMark: undefined, info: { localAddress: address } };
  const socket = createStreamSocket(settings, then(settled, () => ends), STREAMS);
  serve(entrypoint, handler, socket, ends);
  return readable;
}

function handlerOf(entrypoint) {
  let handler;
  try {
    handler = memberOf(entrypoint, CONNECT);
  } catch {
    // It has none.
  }
  if (typeof handler !== "function") throw new Error("The other worker cannot be connected to: it has no connect() handler. Ask it by fetch().");
  return handler;
}

async function serve(entrypoint, handler, socket, ends) {
  try {
    await apply(handler, entrypoint, [socket]);
  } catch (error) {
    native.reportException(error);
  } finally {
    STREAMS.close(ends);
  }
}

function ignore(promise) {
  then(promise, undefined, () => undefined);
}
