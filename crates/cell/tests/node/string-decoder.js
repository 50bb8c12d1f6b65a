import { StringDecoder } from "node:string_decoder";
import { Buffer } from "node:buffer";

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name} ${error.code} ${error.message}`;
  }
};
const TEXTS = [Buffer.from("h\u00e4\u20ac\ud83d\ude00x"), Buffer.from([0xe2, 0x82]), Buffer.from([0xff, 0xc3, 0x41]), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from([0xf0, 0x9f, 0x98]), Buffer.from([0xc0, 0x80, 0xe0, 0x80]), Buffer.from("a\ud83d\ude00b", "ucs2"), Buffer.from([0x3d, 0xd8, 0x4d]), Buffer.from([1, 2, 3, 4, 5])];

export default {
  "whatever the pieces are, the text is the same": () =>
    ["utf8", "utf16le", "base64", "base64url", "hex", "latin1", "ascii"].map((encoding) =>
      TEXTS.map((bytes) =>
        [1, 2, 3].map((size) => {
          const decoder = new StringDecoder(encoding);
          const parts = [];
          for (let at = 0; at < bytes.length; at += size) parts.push(decoder.write(bytes.subarray(at, at + size)));
          parts.push(decoder.end());
          // Where a piece ends in the midst of a pair of surrogates, Node gives halves.
          return encoding === "utf16le" ? parts.join("") : parts;
        }),
      ),
    ),
  "it can be used again": () => {
    const decoder = new StringDecoder();
    return [decoder.write(Buffer.from([0xe2])), decoder.end(), decoder.write(Buffer.from("x")), decoder.end(Buffer.from("y")), decoder.encoding];
  },
  "what cannot be": () => [attempt(() => new StringDecoder("nope")), attempt(() => new StringDecoder().write(5)), attempt(() => new StringDecoder().write(null)), new StringDecoder().write("text"), new StringDecoder("UCS2").encoding, new StringDecoder("binary").encoding],
};
