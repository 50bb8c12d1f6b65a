// atob and btoa (https://html.spec.whatwg.org/multipage/webappapis.html#atob).
import { DOMString, requireArguments } from "./webidl.js";
import { DOMException } from "./dom-exception.js";
import { native } from "./native.js";

const { base64Decode, base64Encode } = native;

export function btoa(data) {
  requireArguments(arguments.length, 1, "btoa");
  const encoded = base64Encode(DOMString(data));
  if (encoded === undefined) {
    throw new DOMException("btoa: the string has a character above U+00FF. Encode it first, for example with TextEncoder.", "InvalidCharacterError");
  }
  return encoded;
}

export function atob(data) {
  requireArguments(arguments.length, 1, "atob");
  const decoded = base64Decode(DOMString(data));
  if (decoded === undefined) throw new DOMException("atob: the string is not correctly encoded base64.", "InvalidCharacterError");
  return decoded;
}
