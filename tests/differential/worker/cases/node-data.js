import { Buffer } from "node:buffer";
import crypto from "node:crypto";
import zlib from "node:zlib";

const coded = (run) => {
  try {
    return run();
  } catch (error) {
    return { name: error.name, code: error.code };
  }
};

const text = (bytes, encoding = "hex") => Buffer.from(bytes).toString(encoding);

export default {
  "Buffer.from": () => ["text", "tëxt"].flatMap((value) => ["utf8", "latin1", "ascii", "utf16le", "base64", "hex"].map((encoding) => text(Buffer.from(value, encoding)))),
  "toString": () => ["utf8", "latin1", "ascii", "utf16le", "base64", "base64url", "hex", "binary"].map((encoding) => Buffer.from([0x66, 0xc3, 0xbc, 0xff]).toString(encoding)),
  "alloc and fill": () => [Buffer.alloc(3), Buffer.alloc(3, "ab"), Buffer.alloc(4).fill(7, 1, 3), Buffer.allocUnsafe(2).length].map((value) => (typeof value === "number" ? value : text(value))),
  "concat and compare": () => [text(Buffer.concat([Buffer.from("a"), Buffer.from("bc")])), text(Buffer.concat([Buffer.from("abc")], 2)), Buffer.compare(Buffer.from("a"), Buffer.from("b")), Buffer.from("a").equals(Buffer.from("a"))],
  "searching": () => { const b = Buffer.from("abcabc"); return [b.indexOf("c"), b.lastIndexOf("c"), b.indexOf("c", 3), b.includes("ca"), b.indexOf(98), b.indexOf(Buffer.from("bc"), -3)]; },
  "slices share": () => { const b = Buffer.from("abc"); b.subarray(1, 2)[0] = 0x7a; return [b.toString(), b.slice(-2).toString()]; },
  "reading and writing": () => {
    const b = Buffer.alloc(32);
    b.writeUInt8(1, 0); b.writeInt16BE(-2, 1); b.writeUInt32LE(3, 3); b.writeDoubleBE(1.5, 7); b.writeBigInt64LE(-5n, 15); b.writeUIntBE(0x123456, 23, 3); b.writeFloatLE(0.5, 26);
    return [text(b), b.readUInt8(0), b.readInt16BE(1), b.readUInt32LE(3), b.readDoubleBE(7), b.readBigInt64LE(15), b.readUIntBE(23, 3), b.readFloatLE(26)];
  },
  "out of range": () => [() => Buffer.alloc(1).readUInt16LE(0), () => Buffer.alloc(2).writeUInt8(300, 0), () => Buffer.alloc(-1), () => Buffer.from(1), () => Buffer.from(null), () => Buffer.alloc(1).toString("bogus"), () => Buffer.alloc(2).readUInt8(1.5)].map(coded),
  "write and copy": () => { const b = Buffer.alloc(5); return [b.write("abc", 1), b.copy(b, 0, 1, 3), b.toString("latin1"), b.write("ffee", "hex")]; },
  "swaps and json": () => [text(Buffer.from([1, 2, 3, 4]).swap16()), JSON.stringify(Buffer.from("a")), Buffer.byteLength("ü"), Buffer.isBuffer(new Uint8Array()), Buffer.isEncoding("UTF-8")],
  "hashes": () => ["md5", "sha1", "sha256", "sha512", "sha3-256", "ripemd160"].map((name) => coded(() => crypto.createHash(name).update("a").update(Buffer.from("bc")).digest("hex"))),
  "hash of an unknown kind": () => coded(() => crypto.createHash("bogus")),
  "hash twice": () => coded(() => { const hash = crypto.createHash("sha256"); hash.digest(); return hash.update("a"); }),
  "hmac": () => ["sha256", "md5"].map((name) => crypto.createHmac(name, "key").update("data").digest("base64")),
  "pbkdf2, scrypt, hkdf": () => [crypto.pbkdf2Sync("p", "s", 10, 16, "sha256").toString("hex"), crypto.scryptSync("p", "s", 16, { N: 16 }).toString("hex"), text(crypto.hkdfSync("sha256", "k", "s", "i", 16))],
  "ciphers": () => ["aes-128-cbc", "aes-256-ctr", "aes-256-gcm"].map((name) => coded(() => {
    const key = Buffer.alloc(name.includes("256") ? 32 : 16, 1);
    const iv = Buffer.alloc(name.endsWith("gcm") ? 12 : 16, 2);
    const cipher = crypto.createCipheriv(name, key, iv);
    const sealed = cipher.update("hello", "utf8", "hex") + cipher.final("hex");
    const decipher = crypto.createDecipheriv(name, key, iv);
    if (name.endsWith("gcm")) decipher.setAuthTag(cipher.getAuthTag());
    return [sealed, decipher.update(sealed, "hex", "utf8") + decipher.final("utf8")];
  })),
  "random": () => [crypto.randomBytes(8).length, crypto.randomUUID().length, crypto.randomInt(5) < 5, crypto.webcrypto === globalThis.crypto],
  "timingSafeEqual": () => [crypto.timingSafeEqual(Buffer.from("a"), Buffer.from("a")), coded(() => crypto.timingSafeEqual(Buffer.from("a"), Buffer.from("ab")))],
  "keys and signatures": () => {
    const { privateKey, publicKey } = crypto.generateKeyPairSync("ed25519");
    const signature = crypto.sign(null, Buffer.from("m"), privateKey);
    return [privateKey.asymmetricKeyType, signature.length, crypto.verify(null, Buffer.from("m"), publicKey, signature), crypto.verify(null, Buffer.from("n"), publicKey, signature)];
  },
  "lists": () => [crypto.getHashes().includes("sha256"), crypto.getCiphers().includes("aes-256-gcm"), crypto.getCurves().includes("prime256v1")],
  "zlib there and back": () => [["deflateSync", "inflateSync"], ["gzipSync", "gunzipSync"], ["deflateRawSync", "inflateRawSync"], ["brotliCompressSync", "brotliDecompressSync"]].map(([pack, unpack]) => zlib[unpack](zlib[pack]("hello ".repeat(100))).toString().length),
  "zlib with a callback": () => new Promise((resolve) => zlib.gzip("hello", (error, packed) => zlib.unzip(packed, (e, bytes) => resolve([error, e, bytes.toString()])))),
  "zlib of garbage": () => ["inflateSync", "gunzipSync", "brotliDecompressSync"].map((name) => coded(() => zlib[name](Buffer.from("garbage")))),
  "zlib with a bound": () => coded(() => zlib.inflateSync(zlib.deflateSync("a".repeat(1000)), { maxOutputLength: 10 })),
  "crc32": () => zlib.crc32("hello"),
};
