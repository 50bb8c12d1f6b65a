// The names of Buffer's encodings.
import { typeError } from "./errors.js";

const NAMES = {
  __proto__: null,
  utf8: "utf8",
  "utf-8": "utf8",
  ucs2: "utf16le",
  "ucs-2": "utf16le",
  utf16le: "utf16le",
  "utf-16le": "utf16le",
  latin1: "latin1",
  binary: "latin1",
  ascii: "ascii",
  hex: "hex",
  base64: "base64",
  base64url: "base64url",
};

/** Its name among the seven that there are; undefined if it is none. */
export function encodingNamed(encoding) {
  if (encoding === undefined || encoding === null || encoding === "") return "utf8";
  return NAMES[encoding] ?? NAMES[`${encoding}`.toLowerCase()];
}

export function requireEncoding(encoding) {
  const found = encodingNamed(encoding);
  if (found === undefined) throw typeError("ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
  return found;
}
