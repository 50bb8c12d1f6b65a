import zlib, { constants } from "node:zlib";
import { Buffer } from "node:buffer";
import { promisify } from "node:util";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { packed } from "./zlib-packed.js";

const kind = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name} ${error.code}`;
  }
};
const DATA = Buffer.from("Hello, hello, hello! ".repeat(20));
const PAIRS = [["gzip", "gunzip"], ["deflate", "inflate"], ["deflateRaw", "inflateRaw"], ["brotliCompress", "brotliDecompress"], ["gzip", "unzip"], ["deflate", "unzip"]];
const name = (text) => text[0].toUpperCase() + text.slice(1);
const of = { gzip: "gunzip", deflate: "inflate", deflateRaw: "inflateRaw", brotli: "brotliDecompress" };

export default {
  "what Node has packed is unpacked": () => Object.entries(packed).map(([format, text]) => zlib[`${of[format]}Sync`](Buffer.from(text, "base64")).equals(DATA)),
  "there and back": () => PAIRS.map(([pack, unpack]) => ["", "a", DATA, "x".repeat(200000)].map((data) => { const result = zlib[`${pack}Sync`](data); return [zlib[`${unpack}Sync`](result).equals(Buffer.from(data)), result.length < 500]; })),
  async "there and back, later"() {
    const outcomes = [];
    for (const [pack, unpack] of PAIRS) outcomes.push((await promisify(zlib[unpack])(await promisify(zlib[pack])(DATA))).equals(DATA));
    return outcomes;
  },
  async "there and back, as streams"() {
    const outcomes = [];
    for (const [pack, unpack] of PAIRS) {
      const back = Readable.from([DATA.subarray(0, 7), DATA.subarray(7)]).pipe(zlib[`create${name(pack)}`]()).pipe(zlib[`create${name(unpack)}`]());
      outcomes.push((await buffer(back)).equals(DATA));
    }
    return outcomes;
  },
  "levels": () => [0, 1, 9, -1].map((level) => { const result = zlib.deflateSync(DATA, { level }); return [zlib.inflateSync(result).equals(DATA), result.length > DATA.length]; }),
  "what is not packed is refused": () => ["gunzip", "inflate", "inflateRaw", "unzip"].map((unpack) => kind(() => zlib[`${unpack}Sync`](Buffer.from("nonsense, all of it")))),
  "what ends too early is refused, unless that is allowed": () => [kind(() => zlib.gunzipSync(zlib.gzipSync(DATA).subarray(0, 20))), kind(() => zlib.inflateSync(Buffer.alloc(0))), DATA.includes(zlib.gunzipSync(zlib.gzipSync(DATA).subarray(0, 40), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, 4))],
  "members of a gzip file, and what stands behind it": () => [zlib.gunzipSync(Buffer.concat([zlib.gzipSync("a"), zlib.gzipSync("b")])).toString(), zlib.gunzipSync(Buffer.concat([zlib.gzipSync("a"), Buffer.from([0, 0, 0, 0])])).toString(), zlib.inflateSync(Buffer.concat([zlib.deflateSync("c"), Buffer.from("rest")])).toString()],
  "more than is wanted": () => kind(() => zlib.gunzipSync(zlib.gzipSync("x".repeat(1000)), { maxOutputLength: 100 })),
  "what cannot be": () => [kind(() => zlib.gzipSync(5)), kind(() => zlib.gzipSync("x", { level: 10 })), kind(() => zlib.gzip("x")), kind(() => zlib.createGzip({ level: "9" })), kind(() => zlib.createGzip({ windowBits: 99 }))],
  async "a stream that is flushed gives all that it has"() {
    const gzip = zlib.createGzip();
    const unpacked = [];
    const gunzip = zlib.createGunzip();
    gunzip.on("data", (chunk) => unpacked.push(chunk.toString()));
    gzip.on("data", (chunk) => gunzip.write(chunk));
    gzip.write("first");
    await new Promise((resolve) => gzip.flush(resolve));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const before = unpacked.join("");
    gzip.end("second");
    await new Promise((resolve) => gzip.on("end", resolve));
    await new Promise((resolve) => setTimeout(resolve, 5));
    return [before, unpacked.join("")];
  },
  async "a stream fails as others do"() {
    return pipeline(Readable.from([Buffer.from("nonsense")]), zlib.createGunzip(), async (source) => text(source)).catch((error) => [error.code, error.errno]);
  },
  "what there is": () => [constants.Z_BEST_COMPRESSION, zlib.Z_SYNC_FLUSH, zlib.codes.Z_DATA_ERROR, zlib.codes["-5"], zlib.createGzip() instanceof zlib.Gzip, zlib.Gzip() instanceof zlib.Gzip, constants.BROTLI_PARAM_QUALITY],
};
