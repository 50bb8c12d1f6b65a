// Records as Node shows them, from the texts of zone files.
import { Buffer } from "../buffer.js";

const withoutDot = (name) => (name.length > 1 && name.endsWith(".") ? name.slice(0, -1) : name);
const words = (data) => data.trim().split(/\s+/);

/** The strings of a TXT record: `"one" "two"`, where `\"` and `\065` stand for characters. */
function strings(data) {
  if (!data.startsWith('"')) return [data];
  const found = [];
  for (const [, inner] of data.matchAll(/"((?:[^"\\]|\\.)*)"/gs)) {
    found.push(inner.replace(/\\(\d{3}|.)/gs, (_all, escaped) => (escaped.length === 3 ? String.fromCharCode(Number(escaped)) : escaped)));
  }
  return found;
}

// What has no text of its own comes in hexadecimal (RFC 3597): `\# 22 00 05 69 73 ...`.
function bytesOf(data) {
  const [, , ...pairs] = words(data);
  return Buffer.from(pairs.join(""), "hex");
}

function caa(data) {
  if (!data.startsWith("\\#")) {
    const [critical, tag, ...value] = words(data);
    return { critical: Number(critical), [tag]: strings(value.join(" "))[0] ?? "" };
  }
  const bytes = bytesOf(data);
  const length = bytes[1] ?? 0;
  return { critical: bytes[0] ?? 0, [bytes.toString("latin1", 2, 2 + length)]: bytes.toString("latin1", 2 + length) };
}

// A name in its form of bytes: labels, each behind its length.
function nameOf(bytes, start) {
  const labels = [];
  for (let at = start; at < bytes.length && bytes[at] > 0; at += 1 + bytes[at]) labels.push(bytes.toString("latin1", at + 1, at + 1 + bytes[at]));
  return labels.join(".");
}

function naptr(data) {
  if (!data.startsWith("\\#")) {
    const [order, preference, ...rest] = words(data);
    const [flags = "", service = "", regexp = ""] = strings(rest.slice(0, 3).join(" "));
    return { order: Number(order), preference: Number(preference), flags, service, regexp, replacement: withoutDot(rest.at(-1) ?? "") };
  }
  const bytes = bytesOf(data);
  let at = 4;
  const text = () => {
    const end = at + 1 + (bytes[at] ?? 0);
    const found = bytes.toString("latin1", at + 1, end);
    at = end;
    return found;
  };
  const [flags, service, regexp] = [text(), text(), text()];
  const number = (offset) => (bytes.length >= offset + 2 ? bytes.readUInt16BE(offset) : 0);
  return { order: number(0), preference: number(2), flags, service, regexp, replacement: nameOf(bytes, at) };
}

/** How each type's data is shown. */
export const SHOWN = {
  __proto__: null,
  A: (data) => data,
  AAAA: (data) => data,
  CAA: caa,
  CNAME: withoutDot,
  MX(data) {
    const [priority, exchange = ""] = words(data);
    return { exchange: withoutDot(exchange), priority: Number(priority) };
  },
  NAPTR: naptr,
  NS: withoutDot,
  PTR: withoutDot,
  SOA(data) {
    const [nsname = "", hostmaster = "", ...numbers] = words(data);
    const [serial, refresh, retry, expire, minttl] = numbers.map(Number);
    return { nsname: withoutDot(nsname), hostmaster: withoutDot(hostmaster), serial, refresh, retry, expire, minttl };
  },
  SRV(data) {
    const [priority, weight, port, name = ""] = words(data);
    return { name: withoutDot(name), port: Number(port), priority: Number(priority), weight: Number(weight) };
  },
  TXT: strings,
};

/** The name under which an address's own name is kept: `1.2.0.192.in-addr.arpa`. */
export function reverseName(address, family) {
  if (family === 4) return `${address.split(".").reverse().join(".")}.in-addr.arpa`;
  const [head, tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::");
  const groups = (text) => (text === undefined || text === "" ? [] : text.split(":"));
  const [first, last] = [groups(head), groups(tail)];
  const all = tail === undefined ? first : [...first, ...Array(8 - first.length - last.length).fill("0"), ...last];
  return `${all.map((group) => group.padStart(4, "0")).join("").split("").reverse().join(".")}.ip6.arpa`;
}
