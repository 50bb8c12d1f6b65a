// X.509 certificates (RFC 5280), read as DER. All of it is looked at here: no native ever sees more of one than its key.
import { Buffer } from "../buffer.js";
import { createHash } from "./crypto-hash.js";
import { dataOf } from "./crypto-bytes.js";
import { createPublicKey, publicKeyOfSpki } from "./crypto-keys.js";
import { isSignedBy, nameOfOid } from "./crypto-signed.js";
import { alternativeNames, generalName, linesOf, objectOf, subjectTexts } from "./certificate-names.js";
import { isSameAddress, standsFor } from "./certificate-hosts.js";
import { BIT_STRING, INTEGER, OID, SEQUENCE, children, ofPem, read, toPem } from "./der.js";
import { error, invalidType, invalidValue, typeError } from "./errors.js";
import { isIPv4, isIPv6 } from "./addresses.js";
import { isKeyObject } from "../util/types.js";
import { requireBoolean, requireObject, requireString } from "./validate.js";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const UTC_TIME = 0x17;
const ALTERNATIVE_NAMES = "2.5.29.17";
const BASIC_CONSTRAINTS = "2.5.29.19";
const KEY_USAGE = "2.5.29.15";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const AUTHORITY_KEY = "2.5.29.35";
const SUBJECT_KEY = "2.5.29.14";
const INFORMATION_ACCESS = "1.3.6.1.5.5.7.1.1";
const ACCESS_METHODS = { __proto__: null, "1.3.6.1.5.5.7.48.1": "OCSP", "1.3.6.1.5.5.7.48.2": "CA Issuers", "1.3.6.1.5.5.7.48.3": "AD Time Stamping", "1.3.6.1.5.5.7.48.5": "CA Repository" };
const CURVES = { __proto__: null, prime256v1: ["P-256", 256], secp384r1: ["P-384", 384], secp521r1: ["P-521", 521] };
const SIGNS_CERTIFICATES = 0x04;

let partsOf;

export class X509Certificate {
  // What it is made of: see `parsed`.
  #parts;
  #publicKey;

  constructor(buffer) {
    if (typeof buffer !== "string" && !ArrayBuffer.isView(buffer)) throw invalidType("buffer", "of type string or an instance of Buffer, TypedArray, or DataView", buffer);
    this.#parts = parsed(Buffer.from(dataOf(buffer, "buffer")));
  }

  get subject() {
    return linesOf(this.#parts.subject);
  }

  get subjectAltName() {
    return this.#alternativeNames()?.map(generalName).join(", ");
  }

  get issuer() {
    return linesOf(this.#parts.issuer);
  }

  // Nobody gives it along with the certificate.
  get issuerCertificate() {
    return undefined;
  }

  get infoAccess() {
    return this.#list(INFORMATION_ACCESS)
      ?.map((access) => {
        const [method, location] = children(access.content);
        const oid = nameOfOid(method.content);
        return `${ACCESS_METHODS[oid] ?? oid} - ${generalName(location)}`;
      })
      .join("\n");
  }

  get validFrom() {
    return timeOf(this.#parts.notBefore);
  }

  get validTo() {
    return timeOf(this.#parts.notAfter);
  }

  get fingerprint() {
    return this.#digest("sha1");
  }

  get fingerprint256() {
    return this.#digest("sha256");
  }

  get fingerprint512() {
    return this.#digest("sha512");
  }

  get keyUsage() {
    return this.#list(EXTENDED_KEY_USAGE)?.map(({ content }) => nameOfOid(content));
  }

  get serialNumber() {
    return this.#parts.serialNumber;
  }

  get raw() {
    return Buffer.from(this.#parts.raw);
  }

  get publicKey() {
    return (this.#publicKey ??= publicKeyOfSpki(Buffer.from(this.#parts.key.whole)));
  }

  get ca() {
    const constraints = this.#list(BASIC_CONSTRAINTS);
    const isMarked = constraints?.[0]?.tag === 0x01 && constraints[0].content[0] !== 0;
    return isMarked === true && this.#maySign();
  }

  toString() {
    return toPem("CERTIFICATE", this.#parts.raw);
  }

  // There is no other way of writing one in JSON.
  toJSON() {
    return this.toString();
  }

  checkHost(name, options = undefined) {
    const given = checked(name, "name", options);
    const names = this.#names("dns");
    const found = names.find((own) => standsFor(own, name, given));
    if (found !== undefined || !this.#looksAtSubject(names, given)) return found;
    return subjectTexts(this.#parts.subject, "CN").find((own) => standsFor(own, name, given));
  }

  checkEmail(email, options = undefined) {
    const given = checked(email, "email", options);
    const names = this.#names("email");
    const all = this.#looksAtSubject(names, given) ? [...names, ...subjectTexts(this.#parts.subject, "emailAddress")] : names;
    return all.some((own) => isSameAddress(own, email)) ? email : undefined;
  }

  checkIP(ip, options = undefined) {
    checked(ip, "ip", options);
    const address = plainAddress(ip);
    if (address === undefined) throw typeError("ERR_INVALID_ARG_VALUE", "Invalid IP");
    return this.#names("ip").includes(address) ? ip : undefined;
  }

  checkIssued(otherCert) {
    const other = partsOf(otherCert);
    if (other === undefined) throw invalidType("otherCert", "an instance of X509Certificate", otherCert);
    if (!Buffer.from(this.#parts.issuer.whole).equals(other.subject.whole)) return false;
    const [own, theirs] = [keyIdentifier(this.#parts), other.extensions[SUBJECT_KEY]];
    if (own !== undefined && theirs !== undefined && !Buffer.from(own).equals(read(theirs).content)) return false;
    return maySign(other);
  }

  checkPrivateKey(pkey) {
    if (!isKeyObject(pkey)) throw invalidType("pkey", "an instance of KeyObject", pkey);
    if (pkey.type !== "private") throw invalidValue("pkey", pkey);
    return createPublicKey(pkey).equals(this.publicKey);
  }

  verify(pkey) {
    if (!isKeyObject(pkey)) throw invalidType("pkey", "an instance of KeyObject", pkey);
    if (pkey.type !== "public") throw invalidValue("pkey", pkey);
    return isSignedBy(this.#parts.signed, pkey);
  }

  toLegacyObject() {
    const { subject, issuer, key } = this.#parts;
    const bits = Buffer.from(children(key.content)[1].content.subarray(1));
    const names = this.subjectAltName;
    const access = this.infoAccess;
    return {
      subject: objectOf(subject),
      issuer: objectOf(issuer),
      ...(names === undefined ? {} : { subjectaltname: names }),
      ...(access === undefined ? {} : { infoAccess: accessObject(access) }),
      ca: this.ca,
      ...keyObject(this.publicKey, bits),
      valid_from: this.validFrom,
      valid_to: this.validTo,
      fingerprint: this.fingerprint,
      fingerprint256: this.fingerprint256,
      fingerprint512: this.fingerprint512,
      ...(this.keyUsage === undefined ? {} : { ext_key_usage: this.keyUsage }),
      serialNumber: this.serialNumber,
      raw: this.raw,
    };
  }

  #list(oid) {
    const extension = this.#parts.extensions[oid];
    return extension === undefined ? undefined : children(read(extension).content);
  }

  #alternativeNames() {
    return this.#list(ALTERNATIVE_NAMES);
  }

  #names(kind) {
    return alternativeNames(this.#alternativeNames() ?? [], kind);
  }

  #looksAtSubject(names, { subject }) {
    return subject === "always" || (names.length === 0 && subject !== "never");
  }

  #maySign() {
    return maySign(this.#parts);
  }

  #digest(hash) {
    return createHash(hash).update(this.#parts.raw).digest("hex").toUpperCase().replace(/..(?=.)/g, "$&:");
  }

  static {
    partsOf = (value) => (typeof value === "object" && value !== null && #parts in value ? value.#parts : undefined);
  }
}

// --- Reading -------------------------------------------------------------------------------------------------

const unreadable = () => error("ERR_OSSL_ASN1_WRONG_TAG", "error:068000A8:asn1 encoding routines::wrong tag", { library: "asn1 encoding routines", reason: "wrong tag" });

// A certificate is a list of three: what is signed, the algorithm, the signature.
function parsed(bytes) {
  const pem = bytes[0] === SEQUENCE ? undefined : ofPem(bytes.toString("latin1"));
  try {
    if (pem !== undefined && !/^(X509 |TRUSTED )?CERTIFICATE$/.test(pem.label)) throw unreadable();
    const whole = pem === undefined ? bytes : pem.bytes;
    const { content, tag, end } = read(whole);
    const signed = children(content);
    if (tag !== SEQUENCE || signed.length !== 3 || signed[2].tag !== BIT_STRING) throw unreadable();
    const all = children(signed[0].content);
    const [serial, , issuer, validity, subject, key, ...more] = all[0].tag === 0xa0 ? all.slice(1) : all;
    const [notBefore, notAfter] = children(validity.content);
    if (serial.tag !== INTEGER || [issuer, subject, key, validity].some((one) => one.tag !== SEQUENCE)) throw unreadable();
    const extensions = extensionsOf(more.find((one) => one.tag === 0xa3));
    return { raw: whole.subarray(0, end), signed, issuer, subject, key, notBefore, notAfter, extensions, serialNumber: numberText(serial.content) };
  } catch {
    throw unreadable();
  }
}

function extensionsOf(part) {
  const extensions = { __proto__: null };
  if (part === undefined) return extensions;
  for (const extension of children(read(part.content).content)) {
    const own = children(extension.content);
    if (own[0].tag !== OID) throw unreadable();
    extensions[nameOfOid(own[0].content)] ??= own[own.length - 1].content;
  }
  return extensions;
}

function numberText(bytes) {
  const number = BigInt(`0x${Buffer.from(bytes).toString("hex") || "0"}`);
  const signed = bytes[0] >= 128 ? number - (1n << BigInt(bytes.length * 8)) : number;
  const text = (signed < 0n ? -signed : signed).toString(16).toUpperCase();
  return `${signed < 0n ? "-" : ""}${text.length % 2 === 0 ? text : `0${text}`}`;
}

function timeOf({ tag, content }) {
  const text = Buffer.from(content).toString("latin1");
  const found = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?Z$/.exec(tag === UTC_TIME ? text : text.replace(/\.\d+Z$/, "Z"));
  if (found === null) return "Bad time value";
  const [, year, month, day, hour, minute, second = "00"] = found;
  const full = year.length === 4 ? year : `${+year < 50 ? 20 : 19}${year}`;
  return `${MONTHS[month - 1]} ${String(+day).padStart(2)} ${hour}:${minute}:${second} ${full} GMT`;
}

// --- Who may sign --------------------------------------------------------------------------------------------

// Whoever says nothing of what the key is for may use it for all.
function maySign({ extensions }) {
  const usage = extensions[KEY_USAGE];
  return usage === undefined || (read(usage).content[1] & SIGNS_CERTIFICATES) !== 0;
}

function keyIdentifier({ extensions }) {
  const authority = extensions[AUTHORITY_KEY];
  return authority === undefined ? undefined : children(read(authority).content).find(({ tag }) => tag === 0x80)?.content;
}

// --- What is asked of it -------------------------------------------------------------------------------------

const OPTIONS = ["wildcards", "partialWildcards", "multiLabelWildcards", "singleLabelSubdomains"];

function checked(value, name, options) {
  requireString(value, name);
  if (value.includes("\0")) throw typeError("ERR_INVALID_ARG_VALUE", "Invalid name");
  if (options === undefined || options === null) return {};
  requireObject(options, "options");
  const { subject } = options;
  if (subject !== undefined) requireString(subject, "options.subject");
  if (subject !== undefined && !["default", "always", "never"].includes(subject)) throw invalidValue("options.subject", subject);
  const given = { subject };
  for (const option of OPTIONS) {
    given[option] = options[option];
    if (given[option] !== undefined) requireBoolean(given[option], `options.${option}`);
  }
  return given;
}

// An address as `certificate-names.js` writes it.
function plainAddress(text) {
  if (isIPv4(text)) return text.split(".").map(Number).join(".");
  if (!isIPv6(text)) return undefined;
  const host = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const [before, after] = host.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const words = after === undefined ? before : [...before, ...Array(8 - before.length - after.length).fill("0"), ...after];
  return words.map((word) => word.toUpperCase()).join(":");
}

function accessObject(text) {
  const object = { __proto__: null };
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    const value = line.slice(colon + 1);
    (object[line.slice(0, colon)] ??= []).push(value.startsWith('"') ? JSON.parse(value) : value);
  }
  return object;
}

function keyObject(key, bits) {
  if (key.asymmetricKeyType === "rsa") {
    const [modulus] = children(read(bits).content);
    const { modulusLength, publicExponent } = key.asymmetricKeyDetails;
    return {
      modulus: hexOf(modulus.content),
      bits: modulusLength,
      exponent: `0x${publicExponent.toString(16)}`,
      pubkey: key.export({ type: "spki", format: "der" }),
    };
  }
  if (key.asymmetricKeyType !== "ec") return {};
  const curve = key.asymmetricKeyDetails.namedCurve;
  const [nistCurve, size] = CURVES[curve];
  return { bits: size, pubkey: bits, asn1Curve: curve, nistCurve };
}

const hexOf = (bytes) => Buffer.from(bytes).toString("hex").toUpperCase().replace(/^(00)+(?=.)/, "");
