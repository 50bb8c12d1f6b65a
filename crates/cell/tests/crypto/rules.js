// What Web Cryptography says, and implementations get wrong.
const { subtle } = crypto;
const BYTES = new Uint8Array(16);
const DATA = new Uint8Array([1, 2, 3]);

const aes = (name, usages = ["encrypt", "decrypt"], length = 128) => subtle.generateKey({ name, length }, true, usages);
const ecdsa = (usages = ["sign", "verify"]) => subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, usages);
const ecdh = (namedCurve = "P-256") => subtle.generateKey({ name: "ECDH", namedCurve }, true, ["deriveBits", "deriveKey"]);
const RSA = { name: "RSA-PSS", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
const equal = (a, b) => `${new Uint8Array(a)}` === `${new Uint8Array(b)}`;

export const rules = {
  async names_of_algorithms_are_found_in_any_case(expect) {
    const key = await subtle.generateKey({ name: "aes-gcm", length: 256 }, true, ["encrypt"]);
    expect(key.algorithm.name === "AES-GCM" && key.algorithm.length === 256, "an AES key");
    await subtle.encrypt({ name: "Aes-Gcm", iv: BYTES }, key, DATA);
    const { publicKey } = await subtle.generateKey("ed25519", true, ["sign", "verify"]);
    expect(publicKey.algorithm.name === "Ed25519", "an Ed25519 key");
    await expect.rejects("NotSupportedError", "a curve in another case", subtle.generateKey({ name: "ECDH", namedCurve: "p-256" }, true, ["deriveBits"]));
    await expect.rejects("NotSupportedError", "what does not exist", subtle.generateKey("AES-XYZ", true, ["encrypt"]));
    await expect.rejects("NotSupportedError", "what cannot sign", subtle.sign("AES-GCM", key, DATA));
  },

  async parameters_that_lack_or_lie_are_type_errors(expect) {
    const key = await aes("AES-GCM");
    for (const algorithm of ["AES-GCM", { name: "AES-GCM" }, { name: "AES-GCM", iv: "iv" }, { name: "AES-GCM", iv: [1] }, { name: "AES-GCM", iv: BYTES, tagLength: 256 }, {}, { iv: BYTES }]) {
      await expect.rejects("TypeError", JSON.stringify(algorithm), subtle.encrypt(algorithm, key, DATA));
    }
    for (const algorithm of [{ ...RSA, publicExponent: [1, 0, 1] }, { ...RSA, publicExponent: new Uint16Array(2) }, { ...RSA, hash: undefined }, { ...RSA, modulusLength: -1 }, { ...RSA, modulusLength: undefined }]) {
      await expect.rejects("TypeError", JSON.stringify(algorithm), subtle.generateKey(algorithm, true, ["sign"]));
    }
    await expect.rejects("TypeError", "a usage that is none", subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["fly"]));
    await expect.rejects("TypeError", "a format that is none", subtle.exportKey("pem", key));
    await expect.rejects("TypeError", "no key", subtle.encrypt({ name: "AES-GCM", iv: BYTES }, {}, DATA));
    await expect.rejects("TypeError", "no data", subtle.encrypt({ name: "AES-GCM", iv: BYTES }, key, "text"));
    await expect.rejects("TypeError", "bytes as a JSON Web Key", subtle.importKey("jwk", BYTES, "AES-GCM", true, ["encrypt"]));
    await expect.rejects("TypeError", "a JSON Web Key as bytes", subtle.importKey("raw", {}, "AES-GCM", true, ["encrypt"]));
  },

  async a_key_does_only_what_it_was_made_for(expect) {
    const gcm = { name: "AES-GCM", iv: BYTES };
    const sealing = await aes("AES-GCM", ["encrypt"]);
    await expect.rejects("InvalidAccessError", "decrypt", subtle.decrypt(gcm, sealing, new Uint8Array(32)));
    await expect.rejects("InvalidAccessError", "wrap", subtle.wrapKey("raw", sealing, sealing, gcm));
    await expect.rejects("InvalidAccessError", "another mode", subtle.encrypt({ name: "AES-CBC", iv: BYTES }, sealing, DATA));
    const { publicKey, privateKey } = await ecdsa();
    const scheme = { name: "ECDSA", hash: "SHA-256" };
    await expect.rejects("InvalidAccessError", "sign with a public key", subtle.sign(scheme, publicKey, DATA));
    await expect.rejects("InvalidAccessError", "verify with a private key", subtle.verify(scheme, privateKey, DATA, DATA));
    await expect.rejects("InvalidAccessError", "a private key as spki", subtle.exportKey("spki", privateKey));
    await expect.rejects("InvalidAccessError", "a public key as pkcs8", subtle.exportKey("pkcs8", publicKey));
    await expect.rejects("InvalidAccessError", "a private key as raw", subtle.exportKey("raw", privateKey));
    await expect.rejects("NotSupportedError", "encrypt with ECDSA", subtle.encrypt("ECDSA", publicKey, DATA));
  },

  async usages_belong_to_the_half_that_has_them(expect) {
    const { publicKey, privateKey } = await ecdsa();
    expect(`${publicKey.usages}` === "verify" && `${privateKey.usages}` === "sign", "usages of ECDSA");
    const oaep = await subtle.generateKey({ ...RSA, name: "RSA-OAEP" }, false, ["unwrapKey", "wrapKey", "decrypt", "encrypt"]);
    expect(`${oaep.publicKey.usages}` === "encrypt,wrapKey" && oaep.publicKey.extractable, "a public key may always leave");
    expect(`${oaep.privateKey.usages}` === "decrypt,unwrapKey" && !oaep.privateKey.extractable, "a private one as it was said");
    await expect.rejects("SyntaxError", "a pair that cannot sign", ecdsa(["verify"]));
    await expect.rejects("SyntaxError", "a usage of others", ecdsa(["sign", "encrypt"]));
    await expect.rejects("SyntaxError", "no usage", aes("AES-GCM", []));
    await expect.rejects("SyntaxError", "AES-KW does not encrypt", aes("AES-KW", ["encrypt"]));
    const spki = await subtle.exportKey("spki", publicKey);
    await expect.rejects("SyntaxError", "a public key that signs", subtle.importKey("spki", spki, { name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]));
    const none = await subtle.importKey("spki", spki, { name: "ECDSA", namedCurve: "P-256" }, true, []);
    expect(none.usages.length === 0, "a public key may be of no use");
    const pkcs8 = await subtle.exportKey("pkcs8", privateKey);
    await expect.rejects("SyntaxError", "a private key of no use", subtle.importKey("pkcs8", pkcs8, { name: "ECDSA", namedCurve: "P-256" }, true, []));
  },

  async what_is_not_extractable_never_leaves(expect) {
    const key = await subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt", "wrapKey"]);
    const wrapping = await aes("AES-GCM", ["wrapKey"]);
    for (const format of ["raw", "jwk"]) {
      await expect.rejects("InvalidAccessError", format, subtle.exportKey(format, key));
      await expect.rejects("InvalidAccessError", `wrapped ${format}`, subtle.wrapKey(format, key, wrapping, { name: "AES-GCM", iv: BYTES }));
    }
    const clone = structuredClone(key);
    expect(clone !== key && !clone.extractable && `${clone.usages}` === "encrypt,wrapKey", "a clone is the same key");
    await expect.rejects("InvalidAccessError", "a clone", subtle.exportKey("raw", clone));
    await expect.rejects("SyntaxError", "a password that may leave", subtle.importKey("raw", DATA, "PBKDF2", true, ["deriveBits"]));
    const password = await subtle.importKey("raw", DATA, "HKDF", false, ["deriveBits"]);
    await expect.rejects("NotSupportedError", "a password", subtle.exportKey("raw", password));
  },

  async clones_of_all_kinds_of_keys_work(expect) {
    const { publicKey, privateKey } = structuredClone(await ecdsa());
    const scheme = { name: "ECDSA", hash: "SHA-512" };
    expect(await subtle.verify(scheme, publicKey, await subtle.sign(scheme, privateKey, DATA), DATA), "a cloned pair");
    const key = structuredClone(await aes("AES-CTR"));
    const ctr = { name: "AES-CTR", counter: BYTES, length: 64 };
    expect(equal(await subtle.decrypt(ctr, key, await subtle.encrypt(ctr, key, DATA)), DATA), "a cloned AES key");
  },

  async wrapped_keys_come_back_in_every_format(expect) {
    const { publicKey, privateKey } = await subtle.generateKey({ ...RSA, name: "RSA-OAEP", modulusLength: 2048 }, true, ["wrapKey", "unwrapKey"]);
    const ways = [
      [await aes("AES-GCM", ["wrapKey", "unwrapKey"]), { name: "AES-GCM", iv: BYTES }],
      [await aes("AES-CBC", ["wrapKey", "unwrapKey"]), { name: "AES-CBC", iv: BYTES }],
      [await aes("AES-CTR", ["wrapKey", "unwrapKey"]), { name: "AES-CTR", counter: BYTES, length: 64 }],
      [await aes("AES-KW", ["wrapKey", "unwrapKey"]), "AES-KW"],
    ];
    const curve = { name: "Ed25519" };
    const pair = await subtle.generateKey(curve, true, ["sign", "verify"]);
    const inner = await subtle.generateKey({ name: "HMAC", hash: "SHA-256", length: 256 }, true, ["sign"]);
    const raw = await subtle.exportKey("raw", inner);
    for (const [key, algorithm] of ways) {
      for (const format of ["raw", "jwk"]) {
        const wrapped = await subtle.wrapKey(format, inner, key, algorithm);
        const again = await subtle.unwrapKey(format, wrapped, key, algorithm, { name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
        expect(equal(await subtle.exportKey("raw", again), raw), `${key.algorithm.name} ${format}`);
      }
      const wrapped = await subtle.wrapKey("jwk", pair.privateKey, key, algorithm);
      const again = await subtle.unwrapKey("jwk", wrapped, key, algorithm, curve, false, ["sign"]);
      expect(await subtle.verify(curve, pair.publicKey, await subtle.sign(curve, again, DATA), DATA), `${key.algorithm.name} of a private key`);
    }
    const wrapped = await subtle.wrapKey("raw", inner, publicKey, "RSA-OAEP");
    const again = await subtle.unwrapKey("raw", wrapped, privateKey, "RSA-OAEP", { name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    expect(equal(await subtle.exportKey("raw", again), raw), "RSA-OAEP");
    await expect.rejects("OperationError", "48 bytes that AES-KW cannot wrap", subtle.wrapKey("pkcs8", pair.privateKey, ways[3][0], "AES-KW").then(() => subtle.unwrapKey("raw", new Uint8Array(24), ways[3][0], "AES-KW", "HKDF", false, ["deriveBits"])));
  },

  async json_web_keys_are_believed_to_the_letter(expect) {
    const jwk = await subtle.exportKey("jwk", await aes("AES-GCM"));
    expect(`${Object.keys(jwk).sort()}` === "alg,ext,k,key_ops,kty" && jwk.alg === "A128GCM" && jwk.ext === true, "the members of an AES key");
    const read = (change, name = "AES-GCM", extractable = true, usages = ["encrypt"]) => subtle.importKey("jwk", { ...jwk, ...change }, name, extractable, usages);
    await read({});
    await read({ alg: undefined, key_ops: undefined, ext: undefined });
    await read({ use: "enc", key_ops: ["encrypt", "something else"] });
    const wrong = [{ kty: "RSA" }, { kty: undefined }, { k: undefined }, { k: "*" }, { k: "AAAA" }, { alg: "A256GCM" }, { alg: "A128CBC" }, { use: "sig" }, { key_ops: ["decrypt"] }, { key_ops: ["encrypt", "encrypt"] }, { ext: false }];
    for (const change of wrong) await expect.rejects("DataError", JSON.stringify(change), read(change));
    await expect.rejects("DataError", "another mode", read({}, "AES-CBC"));
    await read({ ext: false }, "AES-GCM", false);

    const pair = await subtle.exportKey("jwk", (await ecdsa()).privateKey);
    const other = await subtle.exportKey("jwk", (await ecdsa()).privateKey);
    const readPair = (change, namedCurve = "P-256") => subtle.importKey("jwk", { ...pair, ...change }, { name: "ECDSA", namedCurve }, true, ["sign"]);
    await readPair({ alg: "ES256" });
    for (const change of [{ alg: "ES384" }, { crv: "P-384" }, { x: undefined }, { y: other.y }, { d: other.d }, { x: `${pair.x}AA` }, { d: "AA" }, { kty: "OKP" }]) {
      await expect.rejects("DataError", JSON.stringify(change), readPair(change));
    }
    await expect.rejects("DataError", "another curve", readPair({}, "P-384"));
    await expect.rejects("SyntaxError", "a public key that signs", readPair({ d: undefined }));

    const rsa = await subtle.exportKey("jwk", (await subtle.generateKey(RSA, true, ["sign"])).privateKey);
    expect(rsa.alg === "PS256", "the name of an RSA key");
    const readRsa = (change, hash = "SHA-256") => subtle.importKey("jwk", { ...rsa, ...change }, { name: "RSA-PSS", hash }, true, ["sign"]);
    await readRsa({});
    for (const change of [{ p: undefined }, { q: rsa.p }, { d: "AQAB" }, { e: "AQ" }, { n: "AQAB" }, { alg: "RS256" }]) await expect.rejects("DataError", JSON.stringify(change), readRsa(change));
    await expect.rejects("DataError", "another hash", readRsa({}, "SHA-1"));
    await expect.rejects("NotSupportedError", "three primes", readRsa({ oth: [] }));
  },

  async lengths_that_cannot_be_are_operation_errors(expect) {
    const [gcm, cbc, ctr, kw] = [await aes("AES-GCM"), await aes("AES-CBC"), await aes("AES-CTR"), await aes("AES-KW", ["wrapKey", "unwrapKey"])];
    for (const tagLength of [0, 8, 95, 127, 129]) await expect.rejects("OperationError", `a tag of ${tagLength}`, subtle.encrypt({ name: "AES-GCM", iv: BYTES, tagLength }, gcm, DATA));
    await expect.rejects("OperationError", "no iv", subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(0) }, gcm, DATA));
    await expect.rejects("OperationError", "less than a tag", subtle.decrypt({ name: "AES-GCM", iv: BYTES }, gcm, DATA));
    await expect.rejects("OperationError", "a short iv", subtle.encrypt({ name: "AES-CBC", iv: DATA }, cbc, DATA));
    await expect.rejects("OperationError", "no whole block", subtle.decrypt({ name: "AES-CBC", iv: BYTES }, cbc, DATA));
    await expect.rejects("OperationError", "no block", subtle.decrypt({ name: "AES-CBC", iv: BYTES }, cbc, new Uint8Array(0)));
    for (const length of [0, 129, 255]) await expect.rejects("OperationError", `a counter of ${length}`, subtle.encrypt({ name: "AES-CTR", counter: BYTES, length }, ctr, DATA));
    await expect.rejects("OperationError", "a counter that wraps", subtle.encrypt({ name: "AES-CTR", counter: BYTES, length: 1 }, ctr, new Uint8Array(33)));
    for (const length of [0, 127, 512, 65535]) await expect.rejects("OperationError", `AES of ${length}`, subtle.generateKey({ name: "AES-GCM", length }, true, ["encrypt"]));
    await expect.rejects("DataError", "a raw key of 17 bytes", subtle.importKey("raw", new Uint8Array(17), "AES-GCM", true, ["encrypt"]));
    const odd = await subtle.importKey("raw", new Uint8Array(17), { name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    await expect.rejects("OperationError", "17 bytes for AES-KW", subtle.wrapKey("raw", odd, kw, "AES-KW"));
    for (const modulusLength of [0, 8, 511, 1025, 8320, 16384, 4294967295]) await expect.rejects("OperationError", `RSA of ${modulusLength}`, subtle.generateKey({ ...RSA, modulusLength }, true, ["sign"]));
    for (const exponent of [[], [0], [1], [2], [4], [1, 0, 0], [255, 255, 255, 255, 255, 255]]) {
      await expect.rejects("OperationError", `RSA with ${exponent}`, subtle.generateKey({ ...RSA, publicExponent: new Uint8Array(exponent) }, true, ["sign"]));
    }
    const { privateKey } = await subtle.generateKey(RSA, true, ["sign"]);
    for (const saltLength of [95, 1000, 4294967295]) await expect.rejects("OperationError", `a salt of ${saltLength}`, subtle.sign({ name: "RSA-PSS", saltLength }, privateKey, DATA));
  },

  async secrets_are_derived_to_the_bit(expect) {
    const { publicKey, privateKey } = await ecdh("P-521");
    const derive = (length, key = privateKey) => subtle.deriveBits({ name: "ECDH", public: publicKey }, key, length);
    const all = new Uint8Array(await derive(null));
    expect(all.length === 66 && equal(await derive(undefined), all), "all of it");
    for (const bits of [1, 7, 8, 9, 255, 521, 528]) {
      const some = new Uint8Array(await derive(bits));
      const mask = bits % 8 === 0 ? 0xff : (0xff << (8 - (bits % 8))) & 0xff;
      expect(some.length === Math.ceil(bits / 8) && equal(some.subarray(0, -1), all.subarray(0, some.length - 1)) && some.at(-1) === (all[some.length - 1] & mask), `${bits} bits`);
    }
    await expect.rejects("OperationError", "more than there is", derive(529));
    await expect.rejects("InvalidAccessError", "a private key as the other's", subtle.deriveBits({ name: "ECDH", public: privateKey }, privateKey, 8));
    await expect.rejects("InvalidAccessError", "another curve", subtle.deriveBits({ name: "ECDH", public: (await ecdh()).publicKey }, privateKey, 8));
    await expect.rejects("TypeError", "no key", subtle.deriveBits({ name: "ECDH", public: {} }, privateKey, 8));
    const small = await subtle.importKey("raw", new Uint8Array(32), "X25519", true, []);
    const own = await subtle.generateKey("X25519", true, ["deriveBits"]);
    await expect.rejects("OperationError", "a secret that everybody knows", subtle.deriveBits({ name: "X25519", public: small }, own.privateKey, 256));
  },

  async keys_are_derived_for_every_algorithm_that_has_a_length(expect) {
    const password = await subtle.importKey("raw", DATA, "PBKDF2", false, ["deriveKey", "deriveBits"]);
    const pbkdf2 = { name: "PBKDF2", hash: "SHA-256", salt: BYTES, iterations: 2 };
    const targets = [[{ name: "AES-GCM", length: 192 }, 192, ["encrypt"]], [{ name: "HMAC", hash: "SHA-384" }, 1024, ["sign"]], [{ name: "HMAC", hash: "SHA-1", length: 64 }, 64, ["sign"]]];
    for (const [target, bits, usages] of targets) {
      const key = await subtle.deriveKey(pbkdf2, password, target, true, usages);
      expect(equal(await subtle.exportKey("raw", key), await subtle.deriveBits(pbkdf2, password, bits)), JSON.stringify(target));
    }
    expect((await subtle.deriveBits(pbkdf2, password, 0)).byteLength === 0, "no bits");
    for (const length of [null, undefined, 7, 129]) await expect.rejects("OperationError", `${length} bits`, subtle.deriveBits(pbkdf2, password, length));
    await expect.rejects("OperationError", "no iterations", subtle.deriveBits({ ...pbkdf2, iterations: 0 }, password, 8));
    await expect.rejects("NotSupportedError", "more iterations than Cloudflare has", subtle.deriveBits({ ...pbkdf2, iterations: 100001 }, password, 8));
    await expect.rejects("NotSupportedError", "MD5", subtle.deriveBits({ ...pbkdf2, hash: "MD5" }, password, 8));
    await expect.rejects("SyntaxError", "a key of no use", subtle.deriveKey(pbkdf2, password, { name: "AES-GCM", length: 128 }, true, []));
    const { publicKey, privateKey } = await ecdh();
    const stretched = await subtle.deriveKey({ name: "ECDH", public: publicKey }, privateKey, "HKDF", false, ["deriveKey", "deriveBits"]);
    const hkdf = { name: "HKDF", hash: "SHA-256", salt: BYTES, info: DATA };
    expect((await subtle.deriveKey(hkdf, stretched, { name: "AES-CBC", length: 256 }, true, ["encrypt"])).algorithm.length === 256, "HKDF of ECDH");
    await expect.rejects("OperationError", "more than HKDF gives", subtle.deriveBits(hkdf, stretched, 255 * 256 + 8));
  },

  async a_digest_stream_gives_the_digest_of_its_chunks(expect) {
    const stream = new crypto.DigestStream("SHA-256");
    const writer = stream.getWriter();
    await writer.write("first ");
    await writer.write(new TextEncoder().encode("second "));
    await writer.write(new TextEncoder().encode("third").buffer);
    expect(stream.bytesWritten === 18, "bytesWritten");
    await writer.close();
    expect(equal(await stream.digest, await subtle.digest("SHA-256", new TextEncoder().encode("first second third"))), "the digest");
    for (const name of ["MD5", "SHA-1", "SHA-384", { name: "sha-512" }]) {
      const piped = new crypto.DigestStream(name);
      await new Blob([DATA]).stream().pipeTo(piped);
      expect(equal(await piped.digest, await subtle.digest(name, DATA)), JSON.stringify(name));
    }
    expect(stream instanceof WritableStream && globalThis.DigestStream === undefined, "what it is");
    const aborted = new crypto.DigestStream("SHA-256");
    await aborted.abort(new RangeError("enough"));
    await expect.rejects("RangeError", "an aborted one", aborted.digest);
    const wrong = new crypto.DigestStream("SHA-256");
    const refused = wrong.getWriter();
    await expect.rejects("TypeError", "a chunk that is none", refused.write(12));
    await expect.rejects("TypeError", "its digest", wrong.digest);
    let thrown;
    try {
      new crypto.DigestStream("CRC-32");
    } catch (error) {
      thrown = error.name;
    }
    expect(thrown === "NotSupportedError", `an unknown hash: ${thrown}`);
  },

  async the_old_name_of_ed25519_still_works(expect) {
    const algorithm = { name: "NODE-ED25519", namedCurve: "NODE-ED25519" };
    const { publicKey, privateKey } = await subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const raw = await subtle.exportKey("raw", publicKey);
    const signature = await subtle.sign("NODE-ED25519", privateKey, DATA);
    const read = await subtle.importKey("raw", raw, algorithm, false, ["verify"]);
    expect(await subtle.verify("NODE-ED25519", read, signature, DATA), "a signature");
    expect(read.algorithm.namedCurve === "NODE-ED25519", "its algorithm");
    const modern = await subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
    expect(await subtle.verify("Ed25519", modern, signature, DATA), "the same by its new name");
  },
};
