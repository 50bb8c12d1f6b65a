// harm: arguments of natives that detach, shrink or lie while they are read
// expect: 200 - ok
// limits: cpu_ms=2000
import { createCipheriv, createHash, randomFillSync, timingSafeEqual } from "node:crypto";
import { gzipSync } from "node:zlib";

const attempts = [];
const attempt = (work) => {
  try {
    work();
    attempts.push("done");
  } catch (error) {
    attempts.push(error.name);
  }
};

export default {
  fetch() {
    const detached = () => {
      const bytes = Buffer.alloc(64);
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      return bytes;
    };
    const shrunk = new ArrayBuffer(64, { maxByteLength: 128 });
    const view = new Uint8Array(shrunk, 32);
    shrunk.resize(8);
    for (const bytes of [detached(), view, new DataView(new ArrayBuffer(8)), { length: 2 ** 53 }]) {
      attempt(() => createHash("sha256").update(bytes).digest());
      attempt(() => createCipheriv("aes-128-cbc", bytes, bytes));
      attempt(() => randomFillSync(bytes));
      attempt(() => timingSafeEqual(bytes, bytes));
      attempt(() => gzipSync(bytes));
      attempt(() => Buffer.concat([bytes], 2 ** 32));
      attempt(() => Buffer.from(bytes).indexOf("x", -1, "ucs2"));
      attempt(() => Buffer.prototype.fill.call(bytes, "abc", 0, 40));
      attempt(() => Buffer.prototype.copy.call(bytes, bytes, 2 ** 31, -1));
      attempt(() => Buffer.prototype.write.call(bytes, "x".repeat(100), 60));
      attempt(() => Buffer.prototype.toString.call(bytes, "hex", 0, 2 ** 40));
    }
    return new Response(String(attempts.length));
  },
};
