import crypto, { createHash, createHmac, createCipheriv, createDecipheriv, createSign, createVerify, createPrivateKey, createPublicKey, createSecretKey, KeyObject } from "node:crypto";
import { Buffer } from "node:buffer";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { ec, ec521, ed, made, rsa, x } from "./crypto-keys.js";

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name} ${error.code} ${error.message}`;
  }
};
// What only matters by its kind.
const kind = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name} ${error.code}`;
  }
};
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const counted = (length) => Buffer.from(Array.from({ length }, (_, i) => i % 251));
const HASHES = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512-256", "SHA256", "RSA-SHA256"];

export default {
  hashes: () => HASHES.map((name) => [name, ["", "abc", "x".repeat(200)].map((text) => createHash(name).update(text).digest("hex"))]),
  "hashes in pieces": () => [createHash("sha256").update("a").update(Buffer.from("b")).update(new Uint16Array([99])).digest("base64"), createHash("sha1").update("6162", "hex").digest("hex"), createHash("sha1").update("abc").digest(), createHash("md5").update("abc").digest("latin1")],
  "a hash is copied": () => {
    const hash = createHash("sha256").update("a");
    const copy = hash.copy();
    return [hash.update("b").digest("hex"), copy.update("c").digest("hex")];
  },
  "a hash is over once": () => {
    const hash = createHash("sha1");
    hash.digest();
    return [attempt(() => hash.update("x")), attempt(() => hash.digest()), attempt(() => hash.copy())];
  },
  "what cannot be hashed": () => [kind(() => createHash("nope")).split(" ")[0], attempt(() => createHash()), attempt(() => createHash("sha1").update()), attempt(() => createHash("sha1").update(5)), attempt(() => createHash("sha1").update({}))],
  async "hashes are streams"() {
    const hash = createHash("sha256");
    await pipeline([Buffer.from("a"), Buffer.from("bc")], hash);
    return hex(hash.read());
  },
  hmac: () => [...HASHES.slice(0, 6).map((name) => ["", "key", "k".repeat(200)].map((key) => createHmac(name, key).update("data").digest("hex"))), createHmac("sha256", createSecretKey(Buffer.from("key"))).update("data").digest("hex"), attempt(() => createHmac("nope", "k")), attempt(() => createHmac("sha1", null)), (() => { const mac = createHmac("sha1", "k"); mac.digest(); return mac.digest("hex"); })()],
  pbkdf2: async () => [hex(crypto.pbkdf2Sync("p", "s", 3, 40, "sha1")), hex(crypto.pbkdf2Sync(Buffer.from("p"), "s", 2, 64, "sha512")), hex(await promisify(crypto.pbkdf2)("p", "s", 1, 16, "sha256")), attempt(() => crypto.pbkdf2Sync("p", "s", 0, 16, "sha256")), attempt(() => crypto.pbkdf2Sync("p", "s", 1, -1, "sha256")), attempt(() => crypto.pbkdf2Sync("p", "s", 1, 16, "nope")), attempt(() => crypto.pbkdf2Sync("p", "s", 1, 16))],
  hkdf: async () => [hex(crypto.hkdfSync("sha256", "key", "salt", "info", 42)), hex(await promisify(crypto.hkdf)("sha512", "key", "", "", 10)), attempt(() => crypto.hkdfSync("sha256", "key", "s", "i", 8161)), crypto.hkdfSync("sha1", "k", "", "", 5) instanceof ArrayBuffer],
  scrypt: async () => [hex(crypto.scryptSync("password", "NaCl", 32, { N: 16, r: 2, p: 2 })), hex(await promisify(crypto.scrypt)("p", "s", 16, { cost: 4, blockSize: 1, parallelization: 1 })), kind(() => crypto.scryptSync("p", "s", 16, { N: 3 })), kind(() => crypto.scryptSync("p", "s", 16, { N: 2 ** 20, r: 8 })), attempt(() => crypto.scryptSync("p", "s", -1))],
  random: () => [crypto.randomBytes(5).length, crypto.randomBytes(70000).length, attempt(() => crypto.randomBytes(-1)), attempt(() => crypto.randomBytes("5")), /^[0-9a-f]{8}-[0-9a-f]{4}-4/.test(crypto.randomUUID()), Number.isInteger(crypto.randomInt(10)), crypto.randomInt(3, 4), attempt(() => crypto.randomInt(5, 5)), crypto.randomFillSync(new Uint32Array(2)).length, attempt(() => crypto.randomFillSync(Buffer.alloc(3), 4)), crypto.getRandomValues(new Uint8Array(4)).length],
  async "random, later"() {
    return [(await promisify(crypto.randomBytes)(8)).length, (await promisify(crypto.randomFill)(new Uint8Array(4))).length, Number.isInteger(await new Promise((resolve) => crypto.randomInt(5, (error, number) => resolve(number))))];
  },
  timingSafeEqual: () => [crypto.timingSafeEqual(Buffer.from("a"), Buffer.from("a")), crypto.timingSafeEqual(Buffer.from("a"), new Uint8Array([98])), attempt(() => crypto.timingSafeEqual(Buffer.from("a"), Buffer.from("ab")))],
  ciphers: () =>
    ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "aes-128-ctr", "aes-256-ctr", "aes-128-gcm", "aes-256-gcm", "aes-128-ecb", "AES-256-CBC", "aes256"].map((name) => {
      const bits = /256/.test(name) ? 32 : /192/.test(name) ? 24 : 16;
      const iv = /gcm/.test(name) ? counted(12) : /ecb/.test(name) ? null : counted(16);
      return [0, 1, 15, 16, 17, 31, 32, 100].map((length) =>
        [1, 7, 16, 1000].map((size) => {
          const cipher = createCipheriv(name, counted(bits), iv);
          const parts = [];
          for (let at = 0; at < length; at += size) parts.push(cipher.update(counted(length).subarray(at, at + size)));
          parts.push(cipher.final());
          const sealed = Buffer.concat(parts);
          const decipher = createDecipheriv(name, counted(bits), iv);
          if (/gcm/.test(name)) decipher.setAuthTag(cipher.getAuthTag());
          const opened = [];
          for (let at = 0; at < sealed.length; at += size) opened.push(decipher.update(sealed.subarray(at, at + size)));
          opened.push(decipher.final());
          return [parts.map((part) => part.length), sealed.toString("hex"), /gcm/.test(name) ? cipher.getAuthTag().toString("hex") : "", opened.map((part) => part.length), Buffer.concat(opened).equals(counted(length))];
        }),
      );
    }),
  "text in and out of a cipher": () => {
    const cipher = createCipheriv("aes-128-cbc", "0123456789abcdef", "fedcba9876543210");
    const sealed = cipher.update("some text", "utf8", "hex") + cipher.final("hex");
    const decipher = createDecipheriv("aes-128-cbc", "0123456789abcdef", "fedcba9876543210");
    return [sealed, decipher.update(sealed, "hex", "utf8") + decipher.final("utf8")];
  },
  "additional data, tags and other lengths of IVs": () => {
    const seal = (iv, options) => {
      const cipher = createCipheriv("aes-128-gcm", counted(16), iv, options).setAAD(Buffer.from("more"));
      return [Buffer.concat([cipher.update("text"), cipher.final()]).toString("hex"), cipher.getAuthTag().toString("hex")];
    };
    return [seal(counted(12)), seal(counted(16)), seal(counted(8)), seal(counted(12), { authTagLength: 8 })];
  },
  "what is forged is refused": () => {
    const cipher = createCipheriv("aes-128-gcm", counted(16), counted(12));
    const sealed = Buffer.concat([cipher.update("text"), cipher.final()]);
    const tag = cipher.getAuthTag();
    const open = (change) => {
      const decipher = createDecipheriv("aes-128-gcm", counted(16), counted(12));
      change(decipher);
      return attempt(() => Buffer.concat([decipher.update(sealed), decipher.final()]).toString());
    };
    const wrong = Buffer.from(tag);
    wrong[0] ^= 1;
    return [open((one) => one.setAuthTag(tag)), open((one) => one.setAuthTag(wrong)), open(() => {}), open((one) => one.setAAD(Buffer.from("x")).setAuthTag(tag))];
  },
  "padding": () => {
    const decipher = (bytes, auto) => {
      const one = createDecipheriv("aes-128-cbc", counted(16), counted(16));
      if (auto === false) one.setAutoPadding(false);
      return kind(() => hex(Buffer.concat([one.update(bytes), one.final()])));
    };
    const plain = createCipheriv("aes-128-cbc", counted(16), counted(16)).setAutoPadding(false);
    const bare = Buffer.concat([plain.update(counted(32)), plain.final()]);
    const odd = createCipheriv("aes-128-cbc", counted(16), counted(16)).setAutoPadding(false);
    odd.update("x");
    return [hex(bare), decipher(bare, false), decipher(bare), decipher(counted(15)), kind(() => odd.final()).split(" ")[0]];
  },
  "keys and IVs that do not fit": () => [attempt(() => createCipheriv("aes-128-cbc", counted(15), counted(16))), attempt(() => createCipheriv("aes-128-cbc", counted(16), counted(15))), attempt(() => createCipheriv("nope", counted(16), counted(16))), attempt(() => createCipheriv("aes-128-gcm", counted(16), null)), attempt(() => createCipheriv("aes-128-ecb", counted(16), "")).constructor.name, attempt(() => createCipheriv("aes-128-cbc", 5, counted(16))), kind(() => { const one = createCipheriv("aes-128-cbc", counted(16), counted(16)); one.final(); return one.final(); }), kind(() => createCipheriv("aes-128-gcm", counted(16), counted(12)).getAuthTag())],
  "what ciphers are": () => [crypto.getCipherInfo("aes-128-gcm").ivLength, crypto.getCipherInfo("aes-256-cbc").keyLength, crypto.getCipherInfo("nope"), crypto.getCiphers().includes("aes-128-cbc"), crypto.getHashes().length > 3, crypto.getCurves().includes("prime256v1")],
  "signatures that are always the same": () => [createSign("sha256").update("da").update("ta").sign(rsa.privateKey, "hex"), crypto.sign("RSA-SHA1", Buffer.from("data"), rsa.privateKey).toString("hex"), crypto.sign(null, Buffer.from("data"), ed.privateKey).toString("hex")],
  "signatures that Node has made": () => [
    crypto.verify("sha256", Buffer.from("data"), ec.publicKey, Buffer.from(made.ec, "hex")),
    crypto.verify("sha256", Buffer.from("date"), ec.publicKey, Buffer.from(made.ec, "hex")),
    crypto.verify("sha512", Buffer.from("data"), ec521.publicKey, Buffer.from(made.ec521, "hex")),
    crypto.verify("sha256", Buffer.from("data"), { key: ec.publicKey, dsaEncoding: "ieee-p1363" }, Buffer.from(made.ecRaw, "hex")),
    crypto.verify("sha256", Buffer.from("data"), { key: rsa.publicKey, padding: crypto.constants.RSA_PKCS1_PSS_PADDING }, Buffer.from(made.pss, "hex")),
    crypto.verify("sha256", Buffer.from("data"), { key: rsa.publicKey, padding: 6, saltLength: 20 }, Buffer.from(made.pss20, "hex")),
    crypto.verify("sha256", Buffer.from("data"), ec.publicKey, Buffer.from("nonsense")),
    createVerify("sha256").update("data").verify(ec.privateKey, made.ec, "hex"),
  ],
  "signatures made and checked": () => [[ec, "sha256"], [ec521, "sha512"], [rsa, "sha384"], [ed, null]].map(([pair, hash]) => {
    const signature = crypto.sign(hash, Buffer.from("x"), pair.privateKey);
    return [crypto.verify(hash, Buffer.from("x"), pair.publicKey, signature), crypto.verify(hash, Buffer.from("y"), pair.publicKey, signature)];
  }),
  "salts of their own": () => {
    const signature = crypto.sign("sha256", Buffer.from("x"), { key: rsa.privateKey, padding: 6, saltLength: 32 });
    return [crypto.verify("sha256", Buffer.from("x"), { key: rsa.publicKey, padding: 6, saltLength: 32 }, signature), crypto.verify("sha256", Buffer.from("x"), { key: rsa.publicKey, padding: 6, saltLength: 20 }, signature), crypto.verify("sha256", Buffer.from("x"), { key: rsa.publicKey, padding: 6 }, signature)];
  },
  "what cannot sign": () => [kind(() => crypto.sign("sha256", Buffer.from("x"), "nonsense")).split(" ")[0], kind(() => createSign("nope")).split(" ")[0], kind(() => createSign("sha256").sign()), kind(() => crypto.sign("sha256", Buffer.from("x"), rsa.publicKey)).split(" ")[0]],
  "encryption with RSA": () => [
    crypto.privateDecrypt(rsa.privateKey, Buffer.from(made.oaep, "hex")).toString(),
    crypto.privateDecrypt({ key: rsa.privateKey, oaepHash: "sha256", oaepLabel: Buffer.from("L") }, Buffer.from(made.oaep256, "hex")).toString(),
    crypto.privateDecrypt(rsa.privateKey, crypto.publicEncrypt(rsa.publicKey, Buffer.from("mine"))).toString(),
    kind(() => crypto.privateDecrypt(rsa.privateKey, Buffer.alloc(128))).split(" ")[0],
  ],
  "keys in all their formats": () =>
    Object.entries({ rsa, ec, ec521, ed, x }).map(([name, pair]) => {
      const [own, other] = [createPrivateKey(pair.privateKey), createPublicKey(pair.publicKey)];
      const formats = [
        [other, { type: "spki", format: "pem" }],
        [other, { type: "spki", format: "der" }],
        [own, { type: "pkcs8", format: "pem" }],
        [own, { type: "pkcs8", format: "der" }],
        ...(name === "rsa" ? [[other, { type: "pkcs1", format: "pem" }], [own, { type: "pkcs1", format: "pem" }]] : []),
        ...(/^ec/.test(name) ? [[own, { type: "sec1", format: "pem" }], [own, { type: "sec1", format: "der" }]] : []),
      ];
      const back = formats.map(([key, options]) => {
        const text = key.export(options);
        const again = (key === own ? createPrivateKey : createPublicKey)(options.format === "pem" ? text : { key: text, ...options });
        return [text, again.equals(key), again.type];
      });
      const jwk = [own.export({ format: "jwk" }), other.export({ format: "jwk" })];
      return [name, back, jwk, createPrivateKey({ key: jwk[0], format: "jwk" }).equals(own), createPublicKey({ key: jwk[1], format: "jwk" }).equals(other), own.asymmetricKeyType, own.asymmetricKeyDetails, own.type, other.type, createPublicKey(own).equals(other), own.equals(other)];
    }),
  "secret keys": () => {
    const key = createSecretKey(Buffer.from("secret"));
    return [key.type, key.symmetricKeySize, key.export().toString(), key.export({ format: "jwk" }), key.equals(createSecretKey("secret", "utf8")), key.equals(createSecretKey("other", "utf8")), Object.prototype.toString.call(key), key instanceof KeyObject];
  },
  "what is no key": () => [kind(() => createPrivateKey("nonsense")).split(" ")[0], kind(() => createPrivateKey(5)), kind(() => createPublicKey({ key: { kty: "RSA" }, format: "jwk" })), kind(() => createPublicKey(createSecretKey(Buffer.from("x")))), kind(() => new KeyObject("nope", {}))],
  "pairs are made": () => {
    const shown = ["ec", "ed25519", "x25519"].map((type) => {
      const { publicKey, privateKey } = crypto.generateKeyPairSync(type, type === "ec" ? { namedCurve: "P-256" } : undefined);
      return [publicKey.type, privateKey.type, publicKey.asymmetricKeyType, createPublicKey(privateKey).equals(publicKey)];
    });
    const encoded = crypto.generateKeyPairSync("ec", { namedCurve: "secp384r1", publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } });
    return [shown, encoded.publicKey.split("\n")[0], encoded.privateKey.split("\n")[0], kind(() => crypto.generateKeyPairSync("nope")), kind(() => crypto.generateKeyPairSync("ec", { namedCurve: "nope" })), crypto.generateKeySync("aes", { length: 128 }).symmetricKeySize, crypto.generateKeySync("hmac", { length: 64 }).symmetricKeySize];
  },
  async "a pair of RSA, later"() {
    const { publicKey, privateKey } = await promisify(crypto.generateKeyPair)("rsa", { modulusLength: 512 });
    return [publicKey.asymmetricKeyDetails, privateKey.type];
  },
  "secrets are agreed on": () => {
    const [one, other] = [crypto.createECDH("prime256v1"), crypto.createECDH("prime256v1")];
    const [a, b] = [one.generateKeys(), other.generateKeys("hex")];
    const x1 = crypto.generateKeyPairSync("x25519");
    const x2 = crypto.generateKeyPairSync("x25519");
    return [one.computeSecret(b, "hex", "hex") === other.computeSecret(a).toString("hex"), a.length, one.getPublicKey("hex", "compressed").length, one.getPrivateKey().length <= 32, crypto.diffieHellman({ privateKey: x1.privateKey, publicKey: x2.publicKey }).equals(crypto.diffieHellman({ privateKey: x2.privateKey, publicKey: x1.publicKey })), kind(() => crypto.createECDH("nope"))];
  },
  async "the Web's cryptography is the same"() {
    const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    return [crypto.webcrypto === globalThis.crypto, KeyObject.from(key).type, KeyObject.from(key).symmetricKeySize];
  },
};
