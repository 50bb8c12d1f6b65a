// As much of ASN.1's DER, and of PEM around it, as keys need.
import { Buffer } from "../buffer.js";
import { error } from "./errors.js";

export const SEQUENCE = 0x30;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OID = 0x06;

const malformed = () => error("ERR_OSSL_UNSUPPORTED", "error:1E08010C:DECODER routines::unsupported", { library: "DECODER routines", reason: "unsupported" });

/** One element: its tag, and its content. */
export function element(tag, ...contents) {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 128) return Buffer.concat([Buffer.from([tag, length]), content]);
  const bytes = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 255);
  return Buffer.concat([Buffer.from([tag, 128 + bytes.length, ...bytes]), content]);
}

/** A number that is not negative, given as its bytes. */
export function integer(bytes) {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const trimmed = Buffer.from(bytes.subarray(from));
  return element(INTEGER, trimmed.length === 0 || trimmed[0] >= 128 ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed);
}

/** Takes an element apart: `{ tag, content, end }`. Throws if there is none. */
export function read(bytes, at = 0) {
  const tag = bytes[at];
  let length = bytes[at + 1];
  let begin = at + 2;
  if (tag === undefined || length === undefined) throw malformed();
  if (length >= 128) {
    const count = length - 128;
    if (count === 0 || count > 4) throw malformed();
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[begin + i] ?? NaN);
    begin += count;
  }
  if (!(begin + length <= bytes.length)) throw malformed();
  return { tag, content: bytes.subarray(begin, begin + length), end: begin + length };
}

/** The elements inside of one. */
export function children(content) {
  const list = [];
  for (let at = 0; at < content.length; ) {
    const one = read(content, at);
    list.push({ ...one, whole: content.subarray(at, one.end) });
    at = one.end;
  }
  return list;
}

/** The first block of a PEM text: `{ label, bytes }`, or undefined. */
export function ofPem(text) {
  const found = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/.exec(text);
  return found === null ? undefined : { label: found[1], body: found[2], bytes: Buffer.from(found[2].replace(/^[\s\S]*\n\s*\n/, ""), "base64") };
}

export function toPem(label, bytes, headers = "") {
  const lines = Buffer.from(bytes).toString("base64").replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${headers}${lines}\n-----END ${label}-----\n`;
}

/** What `work` reads; what it does not find there is no key either. */
export function readable(work) {
  try {
    return work();
  } catch {
    throw malformed();
  }
}

export { malformed };
