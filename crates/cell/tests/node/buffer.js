import { Buffer, isAscii, isUtf8, transcode, constants } from "node:buffer";
import { inspect } from "node:util";

const TEXTS = ["", "a", "abc", "h\u00e4llo", "\u20ac", "\ud83d\ude00", "\ud83d", "a\udc00b", "\u0000\u00ff", "zz", "6162", "616", "61zz62", "YWJj", "YW Jj", "YQ==YQ", "-_-_", "+/+/", "\u0131\u0141"];
const ENCODINGS = ["utf8", "utf-8", "UTF8", "latin1", "binary", "ascii", "hex", "base64", "base64url", "ucs2", "utf16le"];
const BYTES = [[], [0], [255], [0xef, 0xbb, 0xbf, 97], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [1, 2, 3, 4, 5], [0x80, 0x41], [0xf0, 0x9f, 0x98, 0x80]];

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name} ${error.code} ${error.message}`;
  }
};
const each = (list, work) => list.map((one) => attempt(() => work(one)));

// The same numbers everywhere.
function* random(seed) {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    yield state >> 8;
  }
}

export default {
  "every text in every encoding": () => ENCODINGS.map((encoding) => each(TEXTS, (text) => Buffer.from(text, encoding))),
  "every length in every encoding": () => ENCODINGS.map((encoding) => each(TEXTS, (text) => Buffer.byteLength(text, encoding))),
  "all bytes as text in every encoding": () => ENCODINGS.map((encoding) => each(BYTES, (bytes) => Buffer.from(bytes).toString(encoding))),
  "random bytes there and back"() {
    const numbers = random(7);
    const next = () => numbers.next().value;
    const results = [];
    for (let round = 0; round < 60; round++) {
      const bytes = Buffer.from(Array.from({ length: next() % 40 }, () => next() % 256));
      for (const encoding of ENCODINGS) {
        const text = bytes.toString(encoding);
        results.push(text, Buffer.from(text, encoding).toString("hex"));
      }
    }
    return results;
  },
  "parts as text": () => [[], ["utf8", 1], ["utf8", 1, 3], ["hex", -5, 99], ["latin1", 3, 1], [undefined, "1", "2"], ["ascii", 1.9], ["base64", NaN, 4], ["nope"], [null]].map((args) => attempt(() => Buffer.from("abcdef").toString(...args))),
  from: () =>
    each(
      [undefined, null, 5, "x", true, Symbol("s"), {}, [1, 256, -1, "7", "x", null], { length: 2, 0: 9, 1: 8 }, { length: "2" }, { type: "Buffer", data: [1, 2] }, new String("str"), { [Symbol.toPrimitive]: () => "prim" }, { valueOf: () => "val" }, new Uint16Array([258, 3]), new ArrayBuffer(2), Buffer.from("b"), () => {}, 5n, new Date(0), new Map()],
      (value) => Buffer.from(value),
    ),
  "from an ArrayBuffer": () =>
    each([[0], [1], [1, 1], [2, 5], [5], [-1], ["1", "1"], [NaN, NaN], [1, -1]], (args) => Buffer.from(new Uint8Array([1, 2, 3]).buffer, ...args)),
  "it shares the memory of an ArrayBuffer"() {
    const array = new Uint8Array([1, 2, 3]);
    const buffer = Buffer.from(array.buffer, 1);
    buffer[0] = 9;
    return [array, buffer.buffer === array.buffer, buffer.parent === array.buffer, buffer.offset];
  },
  "from with an unknown encoding": () => Buffer.from("x", "nope"),
  alloc: () => each([[0], [3], [5, "ab"], [5, "abc", "latin1"], [4, 257], [3, Buffer.from([7, 8])], [3, ""], [-1], [NaN], ["3"], [1.5], [3, "zz", "hex"], [3, "616", "hex"], [2, true], [1e10]], (args) => Buffer.alloc(...args)),
  "without new": () => [Buffer("abc"), Buffer(3).length, attempt(() => Buffer(3, "utf8")), new Buffer("6162", "hex"), Buffer([1, 2])],
  "isBuffer and isEncoding": () => [Buffer.isBuffer(Buffer.alloc(1)), Buffer.isBuffer(new Uint8Array(1)), Buffer.isBuffer(null), ...["utf8", "UTF-8", "hex", "nope", "", null, 5, "binary", "utf-16le", "base64URL"].map((one) => Buffer.isEncoding(one))],
  "byteLength of others": () => each([new ArrayBuffer(5), new DataView(new ArrayBuffer(4)), new Uint16Array(3), 5, null, {}], (value) => Buffer.byteLength(value)),
  concat: () => each([[[]], [[Buffer.from("a"), Buffer.from("bc")]], [[Buffer.from("abc")], 2], [[Buffer.from("abc")], 5], [[new Uint8Array([1])]], ["x"], [["x"]], [[Buffer.from("a")], -1], [[Buffer.from("ab"), Buffer.from("cd")], 3]], (args) => Buffer.concat(...args)),
  compare: () => each([["a", "b"], ["b", "a"], ["a", "a"], ["a", "ab"], ["", "a"]], ([a, b]) => [Buffer.compare(Buffer.from(a), Buffer.from(b)), Buffer.from(a).compare(Buffer.from(b)), Buffer.from(a).equals(Buffer.from(b))]),
  "compare parts": () => each([[1, 3, 0, 2], [0, 9], [4], [1, 2, 3, 4], [0, 0], [-1]], (args) => Buffer.from("abcd").compare(Buffer.from("xabx"), ...args)),
  "compare with nothing": () => [attempt(() => Buffer.compare("a", Buffer.from("b"))), attempt(() => Buffer.from("a").compare("b")), attempt(() => Buffer.from("a").equals("a"))],
  indexOf() {
    const buffer = Buffer.from("abcabcabc");
    const calls = [["a"], ["abc", 1], ["c", -1], ["a", -3], ["", 2], ["", 99], ["x"], [97], [97 + 256], [97, 99], [Buffer.from("bc")], [Buffer.from("bc"), 2], ["a", "latin1"], ["6162", 1, "hex"], ["a", null], ["a", NaN], ["a", {}], ["c", 2.9], [Buffer.alloc(0), 3], ["abcabcabcabc"], [null], [{}], ["a", 0, "nope"], ["a", -99], ["a", Infinity], ["a", -Infinity]];
    return [each(calls, (args) => buffer.indexOf(...args)), each(calls, (args) => buffer.lastIndexOf(...args)), each(calls, (args) => buffer.includes(...args))];
  },
  "indexOf in UTF-16"() {
    const buffer = Buffer.from("\u0061\u6100\u0061b", "ucs2");
    return each([["a", 0, "ucs2"], ["a", 1, "ucs2"], ["a", 2, "ucs2"], ["\u6100", 0, "ucs2"], ["b", 0, "ucs2"], ["x", 0, "ucs2"]], (args) => [buffer.indexOf(...args), buffer.lastIndexOf(...args)]);
  },
  fill: () =>
    each([["a"], ["ab"], ["abc", 1], ["x", 1, 3], ["x", "latin1"], ["x", 1, "latin1"], ["6162", "hex"], [7], [256 + 7], [-1], [Buffer.from("xy")], [""], ["x", -1], ["x", 0, 99], ["zz", "hex"], [Buffer.alloc(0)], ["x", 3, 1], [true], [1.7], ["\u20ac"], ["x", "0"]], (args) => Buffer.alloc(5, ".").fill(...args)),
  write: () =>
    each([["abc"], ["abc", 1], ["abc", 1, 1], ["abc", "latin1"], ["616263", 1, "hex"], ["616263", 1, 2, "hex"], ["\u20ac\u20ac"], ["\u20ac", 3], ["ab", 1, 3, "ucs2"], ["YWJj", "base64"], [5], ["a", -1], ["a", 6], ["a", 0, 9], ["a", 0, 1, "nope"], ["a", 1.5], ["abc", undefined, undefined, "utf8"]], (args) => {
      const buffer = Buffer.alloc(5, ".");
      return [buffer.write(...args), buffer];
    }),
  copy: () =>
    each([[], [1], [1, 2], [1, 1, 3], [9], [-1], [0, -1], [0, 9], [0, 3, 1], [0, 0, -1], [NaN], ["1"], [0, 0, 99]], (args) => {
      const target = Buffer.alloc(4, ".");
      return [Buffer.from("abcdef").copy(target, ...args), target];
    }),
  "copy onto itself"() {
    const buffer = Buffer.from("abcdef");
    return [buffer.copy(buffer, 2, 0, 4), buffer];
  },
  "slice and subarray": () => each([[], [1], [1, 3], [-2], [-3, -1], [3, 1], [99], [NaN], ["1", "2"], [1.9], [null, 2]], (args) => [Buffer.from("abcdef").slice(...args), Buffer.from("abcdef").subarray(...args)]),
  "a slice shares memory"() {
    const buffer = Buffer.from("abc");
    const part = buffer.slice(1);
    part[0] = 120;
    return [buffer.toString(), part instanceof Buffer, part.constructor === Buffer];
  },
  "methods of typed arrays give Buffers": () => [Buffer.from("abc").map((one) => one + 1), Buffer.from("abc").filter((one) => one > 97), Buffer.from("cab").sort(), [...Buffer.from("ab").entries()], [...Buffer.from("ab").keys()]],
  swap: () => [attempt(() => Buffer.from("abcd").swap16()), attempt(() => Buffer.from("abcdefgh").swap32()), attempt(() => Buffer.from("abcdefgh").swap64()), attempt(() => Buffer.from("abc").swap16()), attempt(() => Buffer.from("abc").swap32())],
  "to JSON and back": () => [JSON.stringify(Buffer.from("ab")), Buffer.from(JSON.parse(JSON.stringify(Buffer.from("ab"))))],
  "numbers are read"() {
    const buffer = Buffer.from([0x01, 0x82, 0x03, 0xff, 0xfe, 0x7f, 0x80, 0x00, 0x40]);
    const results = [];
    for (const name of ["UInt8", "Int8", "UInt16LE", "UInt16BE", "Int16LE", "Int16BE", "UInt32LE", "UInt32BE", "Int32LE", "Int32BE", "FloatLE", "FloatBE", "DoubleLE", "DoubleBE", "BigUInt64LE", "BigUInt64BE", "BigInt64LE", "BigInt64BE"]) {
      for (const offset of [undefined, 0, 1, 3, 8, 9, -1, 1.5, "1", NaN, null, 1e9]) results.push(attempt(() => buffer[`read${name}`](offset)));
    }
    for (const name of ["UIntLE", "UIntBE", "IntLE", "IntBE"]) {
      for (const args of [[0, 1], [0, 2], [1, 3], [1, 4], [0, 5], [0, 6], [3, 6], [4, 6], [0, 7], [0, 0], [0], [], ["0", 1], [0, "1"], [0, 1.5], [-1, 2]]) results.push(attempt(() => buffer[`read${name}`](...args)));
    }
    return results;
  },
  "numbers are written"() {
    const results = [];
    const tried = (name, ...args) => {
      const buffer = Buffer.alloc(8, 0xaa);
      results.push(attempt(() => [buffer[`write${name}`](...args), buffer]));
    };
    for (const name of ["UInt8", "Int8", "UInt16LE", "UInt16BE", "Int16LE", "Int16BE", "UInt32LE", "UInt32BE", "Int32LE", "Int32BE", "FloatLE", "FloatBE", "DoubleLE", "DoubleBE"]) {
      for (const value of [0, 1, -1, 127, 128, -128, -129, 255, 256, 65535, 65536, -32769, 2147483648, 4294967295, 4294967296, 1.5, NaN, "7", undefined, Infinity]) tried(name, value, 0);
      for (const offset of [undefined, 1, 7, 8, -1, 1.5, "1", null]) tried(name, 1, offset);
    }
    for (const name of ["BigUInt64LE", "BigInt64BE"]) {
      for (const value of [0n, 1n, -1n, 2n ** 64n - 1n, 2n ** 64n, -(2n ** 63n), -(2n ** 63n) - 1n]) tried(name, value, 0);
    }
    for (const name of ["UIntLE", "UIntBE", "IntLE", "IntBE"]) {
      for (const args of [[1, 0, 1], [-2, 1, 3], [2 ** 40, 0, 6], [-(2 ** 40), 0, 6], [2 ** 48, 0, 6], [1, 0, 7], [1, 0], [1, 3, 6], [300, 0, 1], [-300, 0, 2], [2 ** 40, 0, 5], [2 ** 33, 0, 4]]) tried(name, ...args);
    }
    return results;
  },
  inspect: () => [inspect(Buffer.from("abc")), inspect(Buffer.alloc(0)), inspect(Buffer.alloc(60, 1)), inspect({ a: Buffer.from("x") }), inspect(Object.assign(Buffer.from("a"), { x: 1 }))],
  "isUtf8 and isAscii": () => [isUtf8(Buffer.from("\u20ac")), isUtf8(Buffer.from([0xc3])), isAscii(Buffer.from("a")), isAscii(Buffer.from([0x80])), attempt(() => isUtf8("x"))],
  transcode: () => each([["utf8", "ucs2"], ["utf8", "latin1"], ["utf8", "ascii"], ["utf8", "hex"]], (args) => transcode(Buffer.from("h\u00e4\u20ac"), ...args)),
  copyBytesFrom: () => each([[new Uint16Array([258, 1])], [new Uint16Array([258, 1, 2]), 1], [new Uint16Array([258, 1, 2]), 1, 1], ["x"], [new Uint8Array(2), -1]], (args) => Buffer.copyBytesFrom(...args)),
  constants: () => [constants.MAX_STRING_LENGTH, Buffer.poolSize],
  "of, and old names": () => [Buffer.of(1, 257), Buffer.from("a\u20ac").utf8Slice(0, 4), Buffer.from("ab").hexSlice(), Buffer.from("ab").latin1Slice(1)],
};
