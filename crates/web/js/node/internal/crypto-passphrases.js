// Private keys under a passphrase: PKCS#8 as PKCS#5 seals it (RFC 8018), and the older way, which is of PEM alone (RFC 1421).
import { native } from "../../native.js";
import { Buffer } from "../buffer.js";
import { bufferOf, sourceOf } from "./crypto-bytes.js";
import { cipherNamed } from "./crypto-cipher.js";
import { createHash } from "./crypto-hash.js";
import { INTEGER, NULL, OCTET_STRING, OID, SEQUENCE, children, element, integer, malformed, read } from "./der.js";
import { error, invalidValue, notImplemented, typeError } from "./errors.js";

const SCHEME = "2a864886f70d01050d";
const DERIVATION = "2a864886f70d01050c";
const HASHES = { __proto__: null, "2a864886f70d0207": "SHA-1", "2a864886f70d0209": "SHA-256", "2a864886f70d020a": "SHA-384", "2a864886f70d020b": "SHA-512" };
const SHA_1 = "2a864886f70d0207";
const SHA_256 = "2a864886f70d0209";
// Ciphers by their names in PEM.
const CIPHERS = {
  __proto__: null,
  "AES-128-CBC": { oid: "608648016503040102", keyBytes: 16, blockBytes: 16 },
  "AES-192-CBC": { oid: "608648016503040116", keyBytes: 24, blockBytes: 16 },
  "AES-256-CBC": { oid: "60864801650304012a", keyBytes: 32, blockBytes: 16 },
  "DES-EDE3-CBC": { oid: "2a864886f70d0307", keyBytes: 24, blockBytes: 8, run: "tripleDesCbc" },
};
// As OpenSSL has it.
const ITERATIONS = 2048;
const SALT_BYTES = 16;
const OLD_SALT_BYTES = 8;
const PASSPHRASE_BYTES_MAX = 1024;

const hexOf = (bytes) => Buffer.from(bytes).toString("hex");
const oid = (hex) => element(OID, Buffer.from(hex, "hex"));
const badDecrypt = () => error("ERR_OSSL_BAD_DECRYPT", "error:1C800064:Provider routines::bad decrypt", { library: "Provider routines", reason: "bad decrypt" });
const run = (cipher, encrypts, key, data, iv) => native[cipher.run ?? "aesCbc"](encrypts, key, data, iv);

function random(length) {
  const bytes = Buffer.alloc(length);
  native.randomBytes(bytes);
  return bytes;
}

const isPassphrase = (value) => typeof value === "string" || ArrayBuffer.isView(value) || value instanceof ArrayBuffer;

/** The passphrase of options to read a key with, or undefined. */
export function passphraseOf({ passphrase, encoding }) {
  if (passphrase === undefined) return undefined;
  if (!isPassphrase(passphrase)) throw invalidValue("options.passphrase", passphrase);
  return sourceOf(passphrase, "options.passphrase", encoding);
}

/** `{ cipher, name, passphrase }` of options to write a key with, or undefined if it is to lie open. */
export function sealingOf({ cipher, passphrase, encoding }) {
  if (cipher === undefined && passphrase === undefined) return undefined;
  if (typeof cipher !== "string") throw invalidValue("options.cipher", cipher);
  if (!isPassphrase(passphrase)) throw invalidValue("options.passphrase", passphrase);
  const name = /^des-?(ede3-cbc|3)$/i.test(cipher) ? "DES-EDE3-CBC" : cipherNamed(cipher)?.name.toUpperCase();
  if (name === undefined) throw error("ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher");
  if (CIPHERS[name] === undefined) throw notImplemented("crypto", `a key under the cipher ${cipher}`);
  return { name, cipher: CIPHERS[name], passphrase: sourceOf(passphrase, "options.passphrase", encoding) };
}

function required(passphrase) {
  if (passphrase === undefined || passphrase.length > PASSPHRASE_BYTES_MAX) throw typeError("ERR_MISSING_PASSPHRASE", "Passphrase required for encrypted key");
  return passphrase;
}

// --- PKCS#8 --------------------------------------------------------------------------------------------------

/** The PrivateKeyInfo in an EncryptedPrivateKeyInfo. */
export function opened(bytes, passphrase) {
  const { cipher, iv, hash, salt, iterations, data } = sealed(bytes);
  const key = native.pbkdf2(hash, required(passphrase), salt, iterations, cipher.keyBytes);
  const plain = key === undefined ? undefined : run(cipher, false, new Uint8Array(key), data, iv);
  if (plain === undefined) throw badDecrypt();
  return bufferOf(plain);
}

function sealed(bytes) {
  const [algorithm, data] = children(read(bytes).content);
  const [scheme, parameters] = children(algorithm?.content ?? []);
  if (data?.tag !== OCTET_STRING || scheme?.tag !== OID) throw malformed();
  if (hexOf(scheme.content) !== SCHEME) throw notImplemented("crypto", "a key that is not sealed with PBES2");
  const [derivation, encryption] = children(parameters?.content ?? []).map(({ content }) => children(content));
  if (derivation?.length !== 2 || encryption?.length !== 2) throw malformed();
  if (hexOf(derivation[0].content) !== DERIVATION) throw notImplemented("crypto", "a key that is not sealed with PBKDF2");
  const cipher = Object.values(CIPHERS).find((one) => one.oid === hexOf(encryption[0].content));
  if (cipher === undefined) throw notImplemented("crypto", "a key under such a cipher");
  const [salt, count, ...more] = children(derivation[1].content);
  if (salt?.tag !== OCTET_STRING || count?.tag !== INTEGER || count.content.length > 4 || encryption[1].content.length !== cipher.blockBytes) throw malformed();
  const named = more.find(({ tag }) => tag === SEQUENCE);
  const hash = HASHES[named === undefined ? SHA_1 : hexOf(children(named.content)[0]?.content ?? [])];
  if (hash === undefined) throw notImplemented("crypto", "a key that is sealed with such a hash");
  const iterations = Number.parseInt(hexOf(count.content) || "0", 16);
  if (iterations < 1 || iterations > 2147483647) throw malformed();
  return { cipher, iv: encryption[1].content, hash, salt: salt.content, iterations, data: data.content };
}

/** The reverse, with what `sealingOf` has given. */
export function closed(plain, { cipher, passphrase }) {
  const [salt, iv] = [random(SALT_BYTES), random(cipher.blockBytes)];
  const key = new Uint8Array(native.pbkdf2("SHA-256", passphrase, salt, ITERATIONS, cipher.keyBytes));
  const count = Buffer.alloc(4);
  count.writeUInt32BE(ITERATIONS);
  const derivation = element(SEQUENCE, oid(DERIVATION), element(SEQUENCE, element(OCTET_STRING, salt), integer(count), element(SEQUENCE, oid(SHA_256), element(NULL))));
  const algorithm = element(SEQUENCE, oid(SCHEME), element(SEQUENCE, derivation, element(SEQUENCE, oid(cipher.oid), element(OCTET_STRING, iv))));
  return element(SEQUENCE, algorithm, element(OCTET_STRING, bufferOf(run(cipher, true, key, plain, iv))));
}

// --- PEM -----------------------------------------------------------------------------------------------------

// MD5 over and over, as OpenSSL has done it from the beginning.
function oldKey(passphrase, salt, length) {
  const parts = [];
  let last = new Uint8Array(0);
  for (let made = 0; made < length; made += last.length) {
    last = createHash("md5").update(last).update(passphrase).update(salt.subarray(0, OLD_SALT_BYTES)).digest();
    parts.push(last);
  }
  return new Uint8Array(Buffer.concat(parts).subarray(0, length));
}

/** What a PEM block holds whose headers are in `body`. */
export function openedPem({ body, bytes }, passphrase) {
  if (!body.includes("Proc-Type: 4,ENCRYPTED")) return bytes;
  const found = /^DEK-Info: ([A-Z0-9-]+),([0-9A-F]+)\s*$/im.exec(body);
  if (found === null) throw malformed();
  const cipher = CIPHERS[found[1].toUpperCase()];
  if (cipher === undefined) throw notImplemented("crypto", `a key under the cipher ${found[1]}`);
  const iv = Buffer.from(found[2], "hex");
  if (iv.length !== cipher.blockBytes) throw malformed();
  const plain = run(cipher, false, oldKey(required(passphrase), iv, cipher.keyBytes), bytes, iv);
  if (plain === undefined) throw badDecrypt();
  return bufferOf(plain);
}

/** The reverse: `{ headers, bytes }` of a PEM block. */
export function closedPem(plain, { name, cipher, passphrase }) {
  const iv = random(cipher.blockBytes);
  const bytes = bufferOf(run(cipher, true, oldKey(passphrase, iv, cipher.keyBytes), plain, iv));
  return { bytes, headers: `Proc-Type: 4,ENCRYPTED\nDEK-Info: ${name},${iv.toString("hex").toUpperCase()}\n\n` };
}
