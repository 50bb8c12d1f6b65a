import { hex, outcome, outcomes, unhex } from "../outcome.js";

const through = (stream, transform) => new Response(new Response(stream).body.pipeThrough(transform));

const inflate = (format, digits) => through(unhex(digits), new DecompressionStream(format)).text();

const round = async (format) => {
  const packed = await through("hello ".repeat(500), new CompressionStream(format)).bytes();
  return [packed.length < 200, (await through(packed, new DecompressionStream(format)).text()).length];
};

// "hello" as Python's zlib packs it.
const GZIP = "1f8b08000000000002ffcb48cdc9c9070086a6103605000000";
const ZLIB = "789ccb48cdc9c907000 62c0215".replace(" ", "");
const RAW = "cb48cdc9c90700";

export default {
  "gzip": () => round("gzip"),
  "deflate": () => round("deflate"),
  "deflate-raw": () => round("deflate-raw"),
  "unknown format": () => outcomes(() => new CompressionStream("zip"), () => new DecompressionStream("GZIP"), () => new CompressionStream()),
  "gzip of others": () => inflate("gzip", GZIP),
  "deflate of others": () => inflate("deflate", ZLIB),
  "deflate-raw of others": () => inflate("deflate-raw", RAW),
  "heads": async () => {
    const head = async (format) => hex((await through("hello", new CompressionStream(format)).bytes()).subarray(0, 2));
    return [await head("gzip"), await head("deflate")];
  },
  "cut short": async () => (await outcome(() => inflate("gzip", GZIP.slice(0, -8)))).threw?.class,
  "garbage": async () => (await outcome(() => inflate("gzip", "00112233"))).threw?.class,
  "wrong checksum": async () => (await outcome(() => inflate("gzip", GZIP.replace("86a6", "86a7")))).threw?.class,
  "more behind the end": async () => (await outcome(() => inflate("gzip", `${GZIP}00`))).threw?.class,
  "nothing at all": async () => (await outcome(() => inflate("gzip", ""))).threw?.class,
  "chunks that are no bytes": async () => (await outcome(() => new Response(ReadableStream.from(["text"]).pipeThrough(new CompressionStream("gzip"))).bytes())).threw?.class,
  "empty input": async () => (await through("", new CompressionStream("deflate-raw")).bytes()).length > 0,
  "class strings": () => [Object.prototype.toString.call(new CompressionStream("gzip")), "readable" in new DecompressionStream("gzip")],
};
