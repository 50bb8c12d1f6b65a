import { hex, outcome, outcomes, unhex, utf8 } from "../outcome.js";

const { subtle } = crypto;
const raw = (bytes, algorithm, ...usages) => subtle.importKey("raw", bytes, algorithm, true, usages);
const KEY = unhex("000102030405060708090a0b0c0d0e0f");
const IV = unhex("101112131415161718191a1b1c1d1e1f");

export default {
  "digests": async () => {
    const names = ["SHA-1", "SHA-256", "SHA-384", "SHA-512", "sha-256"];
    return Promise.all(names.map((name) => subtle.digest(name, utf8("abc"))));
  },
  "digest MD5": () => outcome(subtle.digest("MD5", utf8("abc"))),
  "digest of an unknown kind": () => subtle.digest("SHA-9", utf8("")),
  "digest of a text": () => subtle.digest("SHA-256", "text"),
  "digest without arguments": () => outcomes(() => subtle.digest(), () => subtle.digest("SHA-256")),
  "digest by dictionary": () => subtle.digest({ name: "SHA-256" }, new ArrayBuffer(0)),
  "HMAC": async () => {
    const key = await raw(KEY, { name: "HMAC", hash: "SHA-256" }, "sign", "verify");
    const signature = await subtle.sign("HMAC", key, utf8("m"));
    return [signature, await subtle.verify("HMAC", key, signature, utf8("m")), await subtle.verify("HMAC", key, signature, utf8("n"))];
  },
  "HMAC without the usage": async () => subtle.sign("HMAC", await raw(KEY, { name: "HMAC", hash: "SHA-256" }, "verify"), utf8("m")),
  "AES-CBC": async () => {
    const key = await raw(KEY, "AES-CBC", "encrypt", "decrypt");
    const sealed = await subtle.encrypt({ name: "AES-CBC", iv: IV }, key, utf8("hello"));
    return [sealed, await subtle.decrypt({ name: "AES-CBC", iv: IV }, key, sealed)];
  },
  "AES-CBC, bad padding": async () => subtle.decrypt({ name: "AES-CBC", iv: IV }, await raw(KEY, "AES-CBC", "decrypt"), new Uint8Array(16)),
  "AES-CBC, bad IV": async () => subtle.encrypt({ name: "AES-CBC", iv: new Uint8Array(3) }, await raw(KEY, "AES-CBC", "encrypt"), new Uint8Array(16)),
  "AES-CTR": async () => subtle.encrypt({ name: "AES-CTR", counter: IV, length: 64 }, await raw(KEY, "AES-CTR", "encrypt"), utf8("hello")),
  "AES-CTR, bad length": async () => subtle.encrypt({ name: "AES-CTR", counter: IV, length: 200 }, await raw(KEY, "AES-CTR", "encrypt"), utf8("hello")),
  "AES-GCM": async () => {
    const key = await raw(KEY, "AES-GCM", "encrypt", "decrypt");
    const algorithm = { name: "AES-GCM", iv: IV, additionalData: utf8("more") };
    const sealed = await subtle.encrypt(algorithm, key, utf8("hello"));
    const broken = new Uint8Array(sealed.slice(0));
    broken[0] ^= 1;
    return [sealed, await subtle.decrypt(algorithm, key, sealed), await outcome(subtle.decrypt(algorithm, key, broken))];
  },
  "AES-GCM, tag lengths": async () => {
    const key = await raw(KEY, "AES-GCM", "encrypt");
    return outcomes(...[96, 128, 12, 0].map((tagLength) => () => subtle.encrypt({ name: "AES-GCM", iv: IV, tagLength }, key, utf8("a"))));
  },
  "AES-KW": async () => {
    const wrapping = await raw(KEY, "AES-KW", "wrapKey", "unwrapKey");
    const wrapped = await subtle.wrapKey("raw", await raw(IV, "AES-CBC", "encrypt"), wrapping, "AES-KW");
    const key = await subtle.unwrapKey("raw", wrapped, wrapping, "AES-KW", "AES-CBC", true, ["encrypt"]);
    return [wrapped, await subtle.exportKey("raw", key)];
  },
  "PBKDF2": async () => {
    const key = await subtle.importKey("raw", utf8("password"), "PBKDF2", false, ["deriveBits"]);
    return subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: utf8("salt"), iterations: 1000 }, key, 256);
  },
  "PBKDF2 to a key": async () => {
    const key = await subtle.importKey("raw", utf8("password"), "PBKDF2", false, ["deriveKey"]);
    const derived = await subtle.deriveKey({ name: "PBKDF2", hash: "SHA-1", salt: utf8("salt"), iterations: 10 }, key, { name: "AES-GCM", length: 256 }, true, ["encrypt"]);
    return [derived.algorithm, derived.usages, await subtle.exportKey("raw", derived)];
  },
  "PBKDF2, no iterations": async () => {
    const key = await subtle.importKey("raw", utf8("p"), "PBKDF2", false, ["deriveBits"]);
    return subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: utf8("salt"), iterations: 0 }, key, 256);
  },
  "HKDF": async () => {
    const key = await subtle.importKey("raw", utf8("secret"), "HKDF", false, ["deriveBits"]);
    return subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: utf8("salt"), info: utf8("info") }, key, 128);
  },
  "HKDF, lengths": async () => {
    const key = await subtle.importKey("raw", utf8("secret"), "HKDF", false, ["deriveBits"]);
    const algorithm = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: new Uint8Array() };
    return outcomes(...[0, 8, 12, 100000, null].map((length) => () => subtle.deriveBits(algorithm, key, length)));
  },
  "ECDSA": async () => {
    const { privateKey, publicKey } = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    const signature = await subtle.sign(algorithm, privateKey, utf8("m"));
    return [signature.byteLength, await subtle.verify(algorithm, publicKey, signature, utf8("m")), await subtle.verify(algorithm, publicKey, signature, utf8("n"))];
  },
  "ECDSA without a hash": async () => {
    const { privateKey } = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
    return subtle.sign("ECDSA", privateKey, utf8("m"));
  },
  "ECDH": async () => {
    const pair = () => subtle.generateKey({ name: "ECDH", namedCurve: "P-384" }, true, ["deriveBits"]);
    const [a, b] = [await pair(), await pair()];
    const ab = await subtle.deriveBits({ name: "ECDH", public: b.publicKey }, a.privateKey, 256);
    const ba = await subtle.deriveBits({ name: "ECDH", public: a.publicKey }, b.privateKey, 256);
    return hex(new Uint8Array(ab)) === hex(new Uint8Array(ba));
  },
  "Ed25519": async () => {
    const { privateKey, publicKey } = await subtle.generateKey("Ed25519", true, ["sign", "verify"]);
    const signature = await subtle.sign("Ed25519", privateKey, utf8("m"));
    return [signature.byteLength, await subtle.verify("Ed25519", publicKey, signature, utf8("m"))];
  },
  "X25519": async () => {
    const { privateKey, publicKey } = await subtle.generateKey("X25519", true, ["deriveBits"]);
    return (await subtle.deriveBits({ name: "X25519", public: publicKey }, privateKey, 256)).byteLength;
  },
  "RSA-OAEP": async () => {
    const { privateKey, publicKey } = await subtle.generateKey({ name: "RSA-OAEP", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }, true, ["encrypt", "decrypt"]);
    return subtle.decrypt("RSA-OAEP", privateKey, await subtle.encrypt("RSA-OAEP", publicKey, utf8("hello")));
  },
  "RSA signatures": async () => {
    const results = [];
    for (const [name, extra] of [["RSASSA-PKCS1-v1_5", {}], ["RSA-PSS", { saltLength: 32 }]]) {
      const { privateKey, publicKey } = await subtle.generateKey({ name, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }, false, ["sign", "verify"]);
      const signature = await subtle.sign({ name, ...extra }, privateKey, utf8("m"));
      results.push(signature.byteLength, await subtle.verify({ name, ...extra }, publicKey, signature, utf8("m")));
    }
    return results;
  },
  "encrypting with a signing key": async () => subtle.encrypt({ name: "AES-CBC", iv: IV }, await raw(KEY, { name: "HMAC", hash: "SHA-256" }, "sign"), utf8("a")),
  "unknown algorithm": () => outcomes(() => subtle.encrypt("ROT13", {}, utf8("a")), () => subtle.generateKey("ROT13", true, [])),
  "something else as a key": () => subtle.encrypt({ name: "AES-CBC", iv: IV }, {}, utf8("a")),
  "timingSafeEqual": () => outcomes(() => subtle.timingSafeEqual(utf8("ab"), utf8("ab")), () => subtle.timingSafeEqual(utf8("ab"), utf8("ac")), () => subtle.timingSafeEqual(utf8("ab"), utf8("abc")), () => subtle.timingSafeEqual("ab", "ab")),
  "DigestStream": async () => {
    const stream = new crypto.DigestStream("SHA-256");
    const writer = stream.getWriter();
    await writer.write(utf8("ab"));
    await writer.write(utf8("c"));
    await writer.close();
    return stream.digest;
  },
  "DigestStream of text": async () => {
    const stream = new crypto.DigestStream("SHA-256");
    const writer = stream.getWriter();
    await writer.write("abc");
    await writer.close();
    return stream.digest;
  },
  "DigestStream of an unknown kind": () => new crypto.DigestStream("bogus"),
  "getRandomValues": () => outcomes(
    () => crypto.getRandomValues(new Uint8Array(4)).length,
    () => crypto.getRandomValues(new Uint8Array(65537)),
    () => crypto.getRandomValues(new Float32Array(1)),
    () => crypto.getRandomValues([1]),
    () => crypto.getRandomValues(new BigInt64Array(1)).length,
    () => crypto.getRandomValues(new DataView(new ArrayBuffer(1))),
    () => crypto.getRandomValues(),
  ),
  "randomUUID's form": () => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()),
  "methods on another object": () => subtle.digest.call({}, "SHA-256", utf8("a")),
};
