// MIME types (https://mimesniff.spec.whatwg.org/#parsing-a-mime-type): what a body's content-type says of it.
import { isToken } from "./header-list.js";

const uncurry = (method) => Function.prototype.call.bind(method);
const charCodeAt = uncurry(String.prototype.charCodeAt);
const indexOf = uncurry(String.prototype.indexOf);
const slice = uncurry(String.prototype.slice);
const lowerCase = uncurry(String.prototype.toLowerCase);

/** `{ essence, parameters }` of a MIME type, parameters as a flat list with lower-case names, or undefined. */
export function parseMime(input) {
  const text = trimmed(input);
  const slash = indexOf(text, "/");
  if (slash < 1) return undefined;
  let end = indexOf(text, ";", slash);
  if (end < 0) end = text.length;
  const type = slice(text, 0, slash);
  const subtype = trimmedAtEnd(slice(text, slash + 1, end));
  if (!isToken(type) || !isToken(subtype)) return undefined;
  return { essence: lowerCase(`${type}/${subtype}`), parameters: parseParameters(text, end) };
}

export function mimeParameter(mime, name) {
  const { parameters } = mime;
  for (let i = 0; i < parameters.length; i += 2) {
    if (parameters[i] === name) return parameters[i + 1];
  }
  return undefined;
}

/** A MIME type as text, values quoted where they must be. */
export function serializeMime(mime) {
  const { essence, parameters } = mime;
  let text = essence;
  for (let i = 0; i < parameters.length; i += 2) {
    const value = parameters[i + 1];
    text += `;${parameters[i]}=${isToken(value) ? value : quoted(value)}`;
  }
  return text;
}

/** "Extract a MIME type" of the Fetch standard: the last valid one of a content-type header's values. */
export function mimeOfHeader(value) {
  if (value === null) return undefined;
  const whole = parseMime(value);
  if (whole !== undefined && indexOf(value, ",") < 0) return whole;
  let found;
  let charset;
  const parts = splitAtCommas(value);
  for (let i = 0; i < parts.length; i++) {
    const mime = parseMime(parts[i]);
    if (mime === undefined || mime.essence === "*/*") continue;
    const own = mimeParameter(mime, "charset");
    if (found === undefined || mime.essence !== found.essence) charset = own;
    else if (own === undefined && charset !== undefined) mime.parameters = ["charset", charset];
    else if (own !== undefined) charset = own;
    found = mime;
  }
  return found;
}

// "Get, decode, and split": commas within quoted strings do not count.
function splitAtCommas(value) {
  const parts = [];
  let from = 0;
  let inQuotes = false;
  for (let i = 0; i < value.length; i++) {
    const code = charCodeAt(value, i);
    if (code === 0x5c && inQuotes) i++;
    else if (code === 0x22) inQuotes = !inQuotes;
    else if (code === 0x2c && !inQuotes) {
      parts[parts.length] = slice(value, from, i);
      from = i + 1;
    }
  }
  parts[parts.length] = slice(value, from);
  return parts;
}

function parseParameters(text, start) {
  const parameters = [];
  let at = start;
  while (at < text.length) {
    at++; // the semicolon
    while (at < text.length && isWhitespace(charCodeAt(text, at))) at++;
    const from = at;
    while (at < text.length && charCodeAt(text, at) !== 0x3b && charCodeAt(text, at) !== 0x3d) at++;
    const name = lowerCase(slice(text, from, at));
    if (at >= text.length) break;
    if (charCodeAt(text, at) === 0x3b) continue;
    at++; // the equals sign
    let value;
    if (charCodeAt(text, at) === 0x22) {
      const quotedString = readQuoted(text, at);
      value = quotedString.value;
      at = indexOf(text, ";", quotedString.end);
      if (at < 0) at = text.length;
    } else {
      let end = indexOf(text, ";", at);
      if (end < 0) end = text.length;
      value = trimmedAtEnd(slice(text, at, end));
      at = end;
      if (value === "") continue;
    }
    if (isToken(name) && isQuotable(value) && mimeParameter({ parameters }, name) === undefined) {
      parameters[parameters.length] = name;
      parameters[parameters.length] = value;
    }
  }
  return parameters;
}

function readQuoted(text, start) {
  let value = "";
  let at = start + 1;
  while (at < text.length) {
    let code = charCodeAt(text, at);
    if (code === 0x22) return { value, end: at + 1 };
    if (code === 0x5c && at + 1 < text.length) code = charCodeAt(text, ++at);
    value += slice(text, at, at + 1);
    at++;
  }
  return { value, end: at };
}

function quoted(value) {
  let text = '"';
  for (let i = 0; i < value.length; i++) {
    const code = charCodeAt(value, i);
    if (code === 0x22 || code === 0x5c) text += "\\";
    text += slice(value, i, i + 1);
  }
  return `${text}"`;
}

function isQuotable(value) {
  for (let i = 0; i < value.length; i++) {
    const code = charCodeAt(value, i);
    if (code !== 9 && (code < 0x20 || code === 0x7f || code > 0xff)) return false;
  }
  return true;
}

function trimmed(text) {
  let start = 0;
  while (start < text.length && isWhitespace(charCodeAt(text, start))) start++;
  return trimmedAtEnd(slice(text, start));
}

function trimmedAtEnd(text) {
  let end = text.length;
  while (end > 0 && isWhitespace(charCodeAt(text, end - 1))) end--;
  return slice(text, 0, end);
}

function isWhitespace(code) {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}
