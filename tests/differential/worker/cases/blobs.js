import { outcomes, utf8 } from "../outcome.js";

export default {
  "parts": () => new Blob(["a", utf8("b"), new Blob(["c"]), utf8("xdx").subarray(1, 2), utf8("e").buffer]).text(),
  "size and type": () => {
    const { size, type } = new Blob(["ü"], { type: "Text/PLAIN" });
    return { size, type };
  },
  "bad type": () => new Blob([], { type: "a\u0100" }).type,
  "slice": async () => {
    const blob = new Blob(["abcdef"], { type: "a/b" });
    const texts = await Promise.all([blob.slice(1, 3), blob.slice(-2), blob.slice(4, 2), blob.slice(), blob.slice(0, 100)].map((part) => part.text()));
    return [texts, blob.slice(0, 1).type, blob.slice(0, 1, "C/D").type];
  },
  "arrayBuffer and bytes": async () => [await new Blob(["ab"]).arrayBuffer(), await new Blob(["ab"]).bytes()],
  "stream": async () => {
    const reader = new Blob(["abc"]).stream().getReader();
    return [await reader.read(), await reader.read()];
  },
  "parts that are no list": () => outcomes(() => new Blob("text"), () => new Blob(1), () => new Blob({}), () => new Blob(null)),
  "no parts": () => new Blob().size,
  "parts become text": () => new Blob([1, null, undefined, { toString: () => "o" }]).text(),
  "endings": () => outcomes(() => new Blob(["a\nb"], { endings: "transparent" }).text(), () => new Blob(["a"], { endings: "bogus" })),
  "a Set of parts": () => new Blob(new Set(["a", "b"])).text(),
  "bytes are copied": async () => {
    const bytes = utf8("abc");
    const blob = new Blob([bytes]);
    bytes[0] = 0x7a;
    return blob.text();
  },
  "text of bad UTF-8": () => new Blob([new Uint8Array([0xff, 0x61])]).text(),
  "file": () => {
    const file = new File(["x"], "a/b.txt", { type: "T/X", lastModified: 5 });
    const { name, type, size, lastModified } = file;
    return { name, type, size, lastModified, blob: file instanceof Blob };
  },
  "file without a name": () => new File(["x"]),
  "file's slice is a blob": () => new File(["x"], "n").slice() instanceof File,
  "properties cannot be set": () => {
    "use strict";
    new Blob().size = 1;
  },
  "class strings": () => [new Blob(), new File([], "n")].map((blob) => Object.prototype.toString.call(blob)),
  "called without new": () => Blob(),
};
