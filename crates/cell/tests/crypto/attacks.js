// What code does that wants to see a secret, or to confuse whoever computes with it. Whatever is patched stays patched for
// the rest of the test.
const { subtle } = crypto;
const BYTES = new Uint8Array(16);
const DATA = new Uint8Array([1, 2, 3]);
const RSA = { modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };

export const attacks = {
  async patched_prototypes_see_no_secret(expect) {
    const kw = await subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["wrapKey", "unwrapKey"]);
    const inner = await subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    const pair = await subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveKey", "deriveBits"]);
    const rsa = await subtle.generateKey({ name: "RSA-PSS", ...RSA }, true, ["sign", "verify"]);
    const gcm = { name: "AES-GCM", iv: BYTES };
    const secrets = [new Uint8Array(await subtle.exportKey("raw", inner)), (await subtle.exportKey("jwk", inner)).k, (await subtle.exportKey("jwk", rsa.privateKey)).d];
    const wrappedRaw = await subtle.wrapKey("raw", inner, kw, gcm);
    const wrappedJwk = await subtle.wrapKey("jwk", inner, kw, gcm);
    const wrappedRsa = await subtle.wrapKey("jwk", rsa.privateKey, kw, gcm);

    let watching = false;
    const seen = [];
    const look = (value) => {
      if (!watching) return;
      watching = false;
      try {
        if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) seen.push(`bytes of ${value.byteLength}`);
        const text = JSON.stringify(value) ?? "";
        if (secrets.some((secret) => typeof secret === "string" && text.includes(secret))) seen.push(text);
      } catch {
        // What cannot be looked at is not seen.
      }
      watching = true;
    };
    const spy = (object, key) => {
      const own = Reflect.getOwnPropertyDescriptor(object, key);
      if (own?.configurable === false) return;
      Object.defineProperty(object, key, {
        configurable: true,
        get() {
          look(this);
          return own?.get ? Reflect.apply(own.get, this, []) : own?.value;
        },
        set(value) {
          look(this);
          look(value);
          if (own?.set === undefined) Object.defineProperty(this, key, { value, writable: true, enumerable: true, configurable: true });
        },
      });
    };
    for (const key of ["then", "toJSON", "0", "1", "hash", "name", "length", "type", "usages", "algorithm", "extractable", "secret", "k", "d", "kty", "alg", "key_ops", "privateKey"]) spy(Object.prototype, key);
    for (const key of ["toJSON", "0", "1", Symbol.iterator, "includes", "indexOf", "map", "join", "push", "slice"]) spy(Array.prototype, key);
    const TypedArray = Object.getPrototypeOf(Uint8Array).prototype;
    for (const key of ["length", "byteLength", "byteOffset", "buffer", "slice", "subarray", "set", "fill", Symbol.iterator, "constructor"]) spy(TypedArray, key);
    for (const key of ["byteLength", "slice", "constructor", "then"]) spy(ArrayBuffer.prototype, key);
    spy(Uint8Array.prototype, "constructor");
    spy(Promise.prototype, "then");

    const hmac = { __proto__: null, name: "HMAC", hash: "SHA-256" };
    const usages = (...names) => names;
    watching = true;
    const results = [
      () => subtle.unwrapKey("raw", wrappedRaw, kw, gcm, hmac, false, usages("sign")),
      () => subtle.unwrapKey("jwk", wrappedJwk, kw, gcm, hmac, false, usages("sign")),
      () => subtle.unwrapKey("jwk", wrappedRsa, kw, gcm, { __proto__: null, name: "RSA-PSS", hash: "SHA-256" }, false, usages("sign")),
      () => subtle.wrapKey("raw", inner, kw, gcm),
      () => subtle.wrapKey("jwk", inner, kw, gcm),
      () => subtle.wrapKey("jwk", rsa.privateKey, kw, gcm),
      () => subtle.deriveKey({ __proto__: null, name: "ECDH", public: pair.publicKey }, pair.privateKey, { __proto__: null, name: "AES-GCM", length: 256 }, false, usages("encrypt")),
      () => subtle.sign({ __proto__: null, name: "RSA-PSS", saltLength: 32 }, rsa.privateKey, DATA),
    ];
    // What is done at once, before anybody waits for it, is all that touches a secret: whoever waits may look at results.
    const promises = [];
    for (let i = 0; i < results.length; i++) {
      const seenBefore = seen.length;
      const promise = results[i]();
      if (seen.length > seenBefore && seen.slice(seenBefore).some((text) => !allowed(i, text))) promises.push(i);
    }
    watching = false;
    expect(promises.length === 0, `secrets were seen by ${promises}: ${seen}`);
    expect(seen.length > 0, "nothing was looked at at all: the spies do not work");

    // A wrapped or signed result is public, and its promise asks it for `then`; so are usages and parameters that were given.
    function allowed(index, text) {
      const isPublicResult = index >= 3 && index !== 6;
      return isPublicResult && text.startsWith("bytes of") && text !== "bytes of 64";
    }
  },

  async usages_and_algorithms_that_are_shown_change_nothing(expect) {
    const key = await subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["decrypt"]);
    key.usages.push("encrypt");
    key.usages[0] = "encrypt";
    key.algorithm.name = "AES-CBC";
    key.algorithm.length = 0;
    await expect.rejects("InvalidAccessError", "a usage that was added", subtle.encrypt({ name: "AES-GCM", iv: BYTES }, key, DATA));
    await expect.rejects("InvalidAccessError", "an algorithm that was changed", subtle.decrypt({ name: "AES-CBC", iv: BYTES }, key, BYTES));
    const clone = structuredClone(key);
    expect(`${clone.usages}` === "decrypt" && clone.algorithm.name === "AES-GCM", "the clone is what the key is");
    const rsa = await subtle.generateKey({ name: "RSA-PSS", ...RSA }, false, ["sign"]);
    rsa.publicKey.algorithm.publicExponent[0] = 9;
    rsa.publicKey.algorithm.hash.name = "SHA-1";
    expect(`${structuredClone(rsa.publicKey).algorithm.publicExponent}` === "1,0,1", "the exponent");
    expect(structuredClone(rsa.publicKey).algorithm.hash.name === "SHA-256", "the hash");
  },

  async a_key_has_no_properties_but_the_standards(expect) {
    const { privateKey } = await subtle.generateKey("Ed25519", false, ["sign"]);
    expect(Reflect.ownKeys(privateKey).length === 0, "own properties");
    const shown = ["constructor", "type", "extractable", "algorithm", "usages", Symbol.toStringTag];
    expect(Reflect.ownKeys(CryptoKey.prototype).every((key) => shown.includes(key)), "properties of the prototype");
    expect(JSON.stringify(privateKey) === "{}", "as JSON");
    for (const make of [() => new CryptoKey(), () => new crypto.subtle.constructor(), () => CryptoKey.prototype.type, () => Reflect.get(CryptoKey.prototype, "usages", {})]) {
      let name;
      try {
        make();
      } catch (error) {
        name = error.name;
      }
      expect(name === "TypeError", `${make}: ${name}`);
    }
    const false_ = Object.create(CryptoKey.prototype);
    await expect.rejects("TypeError", "what only looks like a key", subtle.exportKey("raw", false_));
  },

  async getters_that_throw_or_detach_harm_nobody_else(expect) {
    const key = await subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt", "decrypt"]);
    const throwing = { name: "AES-GCM", get iv() { throw new RangeError("no"); } };
    await expect.rejects("RangeError", "a getter", subtle.encrypt(throwing, key, DATA));
    const data = new Uint8Array(1 << 16);
    const detaching = { name: "AES-GCM", iv: BYTES, get tagLength() { data.buffer.transfer(); return 128; } };
    expect((await subtle.encrypt(detaching, key, data)).byteLength === 16, "data that was detached has no bytes");
    const iv = new Uint8Array(12);
    const late = { name: "AES-GCM", iv, get tagLength() { iv.buffer.transfer(); return 128; } };
    await expect.rejects("OperationError", "an iv that was detached has no bytes", subtle.encrypt(late, key, DATA));
    const resizable = new ArrayBuffer(32, { maxByteLength: 64 });
    const view = new Uint8Array(resizable, 8);
    const shrinking = { name: "AES-GCM", iv: BYTES, get tagLength() { resizable.resize(4); return 128; } };
    expect((await subtle.encrypt(shrinking, key, view)).byteLength === 16, "a view that fell out of its buffer has no bytes");
    resizable.resize(64);
    expect((await subtle.encrypt({ name: "AES-GCM", iv: BYTES }, key, view)).byteLength === 72, "one that follows its buffer");
    const nested = { name: "AES-GCM", iv: BYTES, get tagLength() { subtle.encrypt({ name: "AES-GCM", iv: BYTES }, key, DATA); return 128; } };
    expect((await subtle.encrypt(nested, key, DATA)).byteLength === 19, "a call within a call");
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    await expect.rejects("TypeError", "a proxy that is none any more", subtle.encrypt(revoked.proxy, key, DATA));
    const usages = { *[Symbol.iterator]() { yield "encrypt"; throw new RangeError("no"); } };
    await expect.rejects("RangeError", "usages that end badly", subtle.generateKey({ name: "AES-GCM", length: 128 }, true, usages));
  },

  async what_others_put_on_prototypes_is_no_parameter_of_a_string(expect) {
    Object.prototype.label = new Uint8Array(4);
    Object.prototype.hash = "SHA-1";
    const { publicKey, privateKey } = await subtle.generateKey({ name: "RSA-OAEP", ...RSA }, true, ["encrypt", "decrypt"]);
    const sealed = await subtle.encrypt("RSA-OAEP", publicKey, DATA);
    delete Object.prototype.label;
    delete Object.prototype.hash;
    expect((await subtle.decrypt("RSA-OAEP", privateKey, sealed)).byteLength === 3, "no label");
    const jwk = await subtle.exportKey("jwk", privateKey);
    expect(jwk.alg === "RSA-OAEP-256", "the hash of the key");
  },

  async megabytes_of_nonsense_are_refused(expect) {
    const nonsense = new Uint8Array(4 << 20).fill(0x30);
    const long = "A".repeat(1 << 20);
    const elliptic = { name: "ECDSA", namedCurve: "P-256" };
    for (const format of ["spki", "raw"]) await expect.rejects("DataError", format, subtle.importKey(format, nonsense, elliptic, true, ["verify"]));
    await expect.rejects("DataError", "pkcs8", subtle.importKey("pkcs8", nonsense, elliptic, true, ["sign"]));
    await expect.rejects("DataError", "coordinates", subtle.importKey("jwk", { kty: "EC", crv: "P-256", x: long, y: long }, elliptic, true, ["verify"]));
    await expect.rejects("DataError", "a modulus", subtle.importKey("jwk", { kty: "RSA", n: long, e: "AQAB" }, { name: "RSA-PSS", hash: "SHA-256" }, true, ["verify"]));
    await expect.rejects("DataError", "an exponent", subtle.importKey("jwk", { kty: "RSA", n: "A".repeat(200), e: long }, { name: "RSA-PSS", hash: "SHA-256" }, true, ["verify"]));
    await expect.rejects("DataError", "a seed", subtle.importKey("raw", nonsense, "Ed25519", true, ["verify"]));
    const { publicKey } = await subtle.generateKey({ name: "RSA-OAEP", ...RSA }, true, ["encrypt", "decrypt"]);
    await expect.rejects("OperationError", "RSA-OAEP", subtle.encrypt("RSA-OAEP", publicKey, nonsense));
    const pair = await subtle.generateKey(elliptic, true, ["sign", "verify"]);
    expect(!(await subtle.verify({ name: "ECDSA", hash: "SHA-256" }, pair.publicKey, nonsense, DATA)), "a signature of four megabytes");
  },
};
