// Names in certificates (RFC 5280): whom they are about, and what else they may be used for, as OpenSSL writes them.
import { Buffer } from "../buffer.js";
import { nameOfOid } from "./crypto-signed.js";
import { children, read } from "./der.js";

const ATTRIBUTES = {
  __proto__: null,
  "2.5.4.3": "CN",
  "2.5.4.4": "SN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "street",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.12": "title",
  "2.5.4.13": "description",
  "2.5.4.15": "businessCategory",
  "2.5.4.17": "postalCode",
  "2.5.4.41": "name",
  "2.5.4.42": "GN",
  "2.5.4.43": "initials",
  "2.5.4.44": "generationQualifier",
  "2.5.4.46": "dnQualifier",
  "2.5.4.65": "pseudonym",
  "2.5.4.97": "organizationIdentifier",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
  "1.2.840.113549.1.9.2": "unstructuredName",
  "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL",
  "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
  "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
};
const UTF8_STRING = 0x0c;
const BMP_STRING = 0x1e;
const UNIVERSAL_STRING = 0x1c;

/** The text of one of ASN.1's many kinds of it. */
export function textOf({ tag, content }) {
  const bytes = Buffer.from(content);
  if (tag === UTF8_STRING) return bytes.toString("utf8");
  if (tag === BMP_STRING) return bytes.length % 2 === 0 ? bytes.swap16().toString("utf16le") : "";
  if (tag !== UNIVERSAL_STRING) return bytes.toString("latin1");
  let text = "";
  for (let at = 0; at + 4 <= bytes.length; at += 4) text += String.fromCodePoint(Math.min(bytes.readUInt32BE(at), 0x10ffff));
  return text;
}

/** The attributes of a name, each part of it a list: `[[[name, text], ...], ...]`. */
export const attributesOf = (name) =>
  children(name.content).map((part) =>
    children(part.content).map((attribute) => {
      const [type, value] = children(attribute.content);
      const oid = nameOfOid(type.content);
      return [ATTRIBUTES[oid] ?? oid, textOf(value)];
    }),
  );

/** A name as one text, a line for each part. */
export function linesOf(name) {
  const lines = attributesOf(name).map((part) => part.map(([type, text]) => `${type}=${escaped(text)}`).join(" + "));
  return lines.length === 0 ? undefined : lines.join("\n");
}

/** A name as an object; what is there more than once is a list. */
export function objectOf(name) {
  const object = { __proto__: null };
  for (const [type, text] of attributesOf(name).flat()) {
    if (object[type] === undefined) object[type] = text;
    else object[type] = [object[type], text].flat();
  }
  return object;
}

// As RFC 2253 writes what would be taken for something else; control characters by their number.
function escaped(text) {
  return text
    .replace(/[,+"\\<>;]/g, "\\$&")
    .replace(/^[ #]/, "\\$&")
    .replace(/(?<=.) $/, "\\ ")
    .replace(/[\0-\x1f\x7f]/g, (character) => `\\${hexByte(character.charCodeAt(0))}`);
}

const hexByte = (byte) => byte.toString(16).toUpperCase().padStart(2, "0");

// --- Alternative names ---------------------------------------------------------------------------------------

const OTHER = 0xa0;
const EMAIL = 0x81;
const DNS = 0x82;
const X400 = 0xa3;
const DIRECTORY = 0xa4;
const EDI_PARTY = 0xa5;
const URI = 0x86;
const IP = 0x87;
const REGISTERED = 0x88;

/** One of the general names, as Node writes it. */
export function generalName({ tag, content }) {
  switch (tag) {
    case EMAIL:
      return `email:${quoted(latin1(content))}`;
    case DNS:
      return `DNS:${quoted(latin1(content))}`;
    case URI:
      return `URI:${quoted(latin1(content))}`;
    case DIRECTORY:
      return `DirName:${quoted(oneLine(read(content)))}`;
    case IP:
      return `IP Address:${addressOf(content)}`;
    case REGISTERED:
      return `Registered ID:${nameOfOid(content)}`;
    case OTHER:
      return "othername:<unsupported>";
    case X400:
      return "X400Name:<unsupported>";
    case EDI_PARTY:
      return "EdiPartyName:<unsupported>";
    default:
      return "<unsupported>";
  }
}

const latin1 = (content) => Buffer.from(content).toString("latin1");

function oneLine(name) {
  const parts = attributesOf(name).map((part) => part.map(([type, text]) => `${type}=${escaped(text)}`).join("+"));
  return parts.reverse().join(",");
}

// What could be taken for more than one name is a text of JSON.
function quoted(text) {
  if (!/["\\,'\0-\x1f\x7f-\xff]/.test(text)) return text;
  return JSON.stringify(text).replace(/[,'\x7f-\xff]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

function addressOf(bytes) {
  if (bytes.length === 4) return [...bytes].join(".");
  if (bytes.length !== 16) return `<invalid length=${bytes.length}>`;
  const words = [];
  for (let at = 0; at < 16; at += 2) words.push(((bytes[at] << 8) | bytes[at + 1]).toString(16).toUpperCase());
  return words.join(":");
}

/** The alternative names of a kind: `email`, `dns` or `ip`. */
export function alternativeNames(names, kind) {
  const tag = { email: EMAIL, dns: DNS, ip: IP }[kind];
  return names.filter((name) => name.tag === tag).map(({ content }) => (kind === "ip" ? addressOf(content) : latin1(content)));
}

/** The common names, or addresses, in a subject. */
export const subjectTexts = (subject, type) =>
  attributesOf(subject)
    .flat()
    .filter(([name]) => name === type)
    .map(([, text]) => text);
