// Values that are copied, and texts in other shapes.
import { Buffer } from "node:buffer";
import querystring from "node:querystring";
import { attempt, claim, firstLine, latin1, same } from "./claims.js";

// Bytes as a program that builds a value: each makes one, or puts one that is there into another.
function build(bytes) {
  const made = [];
  const at = (index) => made[index % made.length];
  const makers = [
    () => ({}), () => [], () => new Map(), () => new Set(), (n) => new Date(n * 1e10), (n) => new Error(`${n}`), (n) => new RegExp(`a{${n}}`, "gi"),
    (n) => new ArrayBuffer(n), (n) => new Uint16Array(n), (n) => "x".repeat(n), (n) => BigInt(n) ** 9n, (n) => n / 7, () => undefined, () => null,
    (n) => new Blob(["b".repeat(n)]), (n) => Object(n), () => Object("text"), () => new DOMException("m", "DataCloneError"), (n) => new DataView(new ArrayBuffer(n + 1), 1),
    () => Object.assign(new Array(5), { 7: 1, x: 2 }), () => new RangeError("r", { cause: at(0) }), () => Symbol("s"), () => () => 1, () => new Headers(), () => new WeakMap(),
  ];
  for (let i = 0; i + 2 < bytes.length && made.length < 2_000; i += 3) {
    const [what, one, other] = [bytes[i], bytes[i + 1], bytes[i + 2]];
    // What cannot be cloned comes seldom, so that most programs can.
    if (what < 96 || made.length === 0) made.push(makers[what % (what < 90 ? 21 : makers.length)](one));
    else put(at(one + (other & 64)), at(other), what);
  }
  return made;
}

function put(into, value, what) {
  if (into instanceof Map) into.set(what % 3 === 0 ? value : what, value);
  else if (into instanceof Set) into.add(value);
  else if (Array.isArray(into)) into.push(value);
  else if (typeof into === "object" && into !== null && Object.getPrototypeOf(into) === Object.prototype) into[what % 5 === 0 ? "__proto__x" : `k${what}`] = value;
}

// Walks both at once; what is met twice in the one must be met twice in the other.
function sameShape(one, other, seen) {
  if (typeof one !== "object" || one === null) return claim(Object.is(one, other), `${String(one)} became ${String(other)}`);
  if (seen.has(one)) return claim(seen.get(one) === other, "what was one object is two");
  seen.set(one, other);
  claim(one !== other, "an object is the same, not a copy");
  const kind = (value) => Object.prototype.toString.call(value);
  claim(kind(one) === kind(other), `${kind(one)} became ${kind(other)}`);
  if (one instanceof Map || one instanceof Set) {
    const [entries, copies] = [[...one.entries()].flat(), [...other.entries()].flat()];
    claim(entries.length === copies.length, "entries are missing");
    entries.forEach((entry, index) => sameShape(entry, copies[index], seen));
  } else if (one instanceof Date) {
    claim(Object.is(one.getTime(), other.getTime()), "another time");
  } else if (ArrayBuffer.isView(one)) {
    claim(one.byteLength === other.byteLength && one.byteOffset === other.byteOffset, "another view");
    sameShape(one.buffer, other.buffer, seen);
  } else if (!(one instanceof Blob) && !(one instanceof Error) && !(one instanceof DOMException)) {
    const keys = Object.keys(one);
    same(keys, Object.keys(other), "its keys");
    for (const key of keys) sameShape(one[key], other[key], seen);
  }
}

function clone(_text, bytes) {
  const made = build(bytes);
  const copy = attempt(() => structuredClone(made));
  if (copy !== undefined) sameShape(made, copy, new Map());
  for (const value of made.slice(0, 50)) attempt(() => structuredClone(value));
  const buffers = made.filter((value) => value instanceof ArrayBuffer);
  const moved = attempt(() => structuredClone(made, { transfer: buffers }));
  if (moved !== undefined) claim(buffers.every((buffer) => buffer.detached), "what was given away is still here");
  attempt(() => structuredClone(made, { transfer: made.slice(0, 3) }));
}

function base64(_text, bytes) {
  const text = latin1(bytes);
  const encoded = btoa(text);
  claim(atob(encoded) === text, "it does not come back");
  claim(encoded === Buffer.from(bytes).toString("base64"), "Buffer says something else");
  const decoded = attempt(() => atob(text));
  if (decoded !== undefined) claim(atob(btoa(decoded)) === decoded, "what was read does not come back");
}

function text(_text, bytes) {
  const [label, body] = firstLine(bytes);
  for (const fatal of [false, true]) {
    const ignoreBOM = label.length % 2 === 1;
    const decoder = attempt(() => new TextDecoder(label, { fatal, ignoreBOM }));
    if (decoder === undefined) continue;
    const whole = attempt(() => decoder.decode(body));
    // A decoder that has thrown starts afresh.
    same(attempt(() => decoder.decode(body)), whole, `${decoder.encoding}: the second time`);
    const inPieces = attempt(() => {
      let read = "";
      for (let at = 0; at < body.length; at += 7) read += decoder.decode(body.subarray(at, at + 7), { stream: true });
      return read + decoder.decode();
    });
    same(inPieces, whole, `${decoder.encoding}${fatal ? ", fatal" : ""}: in pieces`);
    if (whole === undefined) continue;
    const encoded = new TextEncoder().encode(whole);
    same(new TextDecoder("utf-8", { ignoreBOM: true }).decode(encoded), whole.toWellFormed(), "as UTF-8");
    const target = new Uint8Array(body.length >> 1);
    const { read, written } = new TextEncoder().encodeInto(whole, target);
    same([...new TextEncoder().encode(whole.slice(0, read))], [...target.subarray(0, written)], "into a buffer");
  }
}

// JSON.parse is the platform's own for long texts: what it reads has to come back, whatever it was.
function json(given) {
  for (const source of [given, `[${given}]`, `{"a":${given}}`]) {
    const read = attempt(() => JSON.parse(source));
    if (read === undefined) continue;
    const written = JSON.stringify(read);
    claim(JSON.stringify(JSON.parse(written)) === written, "it does not come back");
    // The same text, made longer than what goes straight to the engine.
    const long = JSON.parse(`${" ".repeat(1 << 20)}${source}`);
    same(long, read, "a long text");
  }
}

const ENCODINGS = ["utf8", "utf16le", "latin1", "ascii", "hex", "base64", "base64url", "ucs2", "binary"];

function buffer(given, bytes) {
  const whole = Buffer.from(bytes);
  for (const encoding of ENCODINGS) {
    const written = whole.toString(encoding);
    claim(Buffer.byteLength(written, encoding) >= 0, "its length");
    if (encoding === "hex" || encoding.startsWith("base64") || encoding === "latin1") claim(Buffer.from(written, encoding).equals(whole), `${encoding} does not come back`);
    const read = attempt(() => Buffer.from(given, encoding));
    if (read !== undefined) attempt(() => read.write(given, bytes.length >> 2, encoding));
  }
  const [first, ...more] = given.split("\n");
  claim(whole.indexOf(first) === -1 || whole.includes(first), "indexOf and includes");
  attempt(() => whole.fill(first, more.length));
  attempt(() => whole.swap16());
  attempt(() => whole.readUIntBE(more.length, 6));
  const parsed = querystring.parse(given);
  same(querystring.parse(querystring.stringify(parsed)), parsed, "a query");
}

export const values = { clone, base64, text, "json": json, buffer };
