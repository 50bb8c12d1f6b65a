// multipart/form-data (RFC 7578, with names escaped as HTML's "multipart/form-data encoding algorithm" does it):
// between bytes and a list of [name, value] pairs, a value being a string or a File.
import { native } from "../native.js";
import { blobType, bytesOfBlob, createFile, nameOfFile } from "../blob.js";

const Bytes = Uint8Array;
const indexOf = Function.prototype.call.bind(Uint8Array.prototype.indexOf);
const setBytes = Function.prototype.call.bind(Uint8Array.prototype.set);
const decodeComponent = decodeURIComponent;

const CR = 0x0d;
const LF = 0x0a;
const HYPHEN = 0x2d;
const SPACE = 0x20;
const TAB = 0x09;

// RFC 2046 allows 70; whoever sends more than this does not want to be understood.
const BOUNDARY_LENGTH_MAX = 256;
const PART_HEADERS_BYTES_MAX = 16 * 1024;

/** Writes pairs as a body: `{ boundary, bytes }`. */
export function encodePairs(pairs) {
  const boundary = newBoundary();
  const chunks = [];
  let text = "";
  for (let i = 0; i < pairs.length; i++) {
    const value = pairs[i][1];
    text += `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(withCRLF(pairs[i][0]))}"`;
    if (typeof value === "string") {
      text += `\r\n\r\n${withCRLF(value)}\r\n`;
      continue;
    }
    const type = blobType(value) || "application/octet-stream";
    text += `; filename="${escaped(nameOfFile(value))}"\r\nContent-Type: ${type}\r\n\r\n`;
    chunks[chunks.length] = native.utf8Encode(text);
    chunks[chunks.length] = bytesOfBlob(value);
    text = "\r\n";
  }
  chunks[chunks.length] = native.utf8Encode(`${text}--${boundary}--\r\n`);
  return { boundary, bytes: joined(chunks) };
}

/**
 * Reads the pairs that a body holds. Throws a TypeError if it is malformed. Takes linear time whatever the bytes are,
 * and what it makes is never larger than a constant times the body.
 */
export function parsePairs(bytes, boundary) {
  const delimiter = delimiterOf(boundary);
  const pairs = [];
  let position = endOfFirstDelimiter(bytes, delimiter);
  while (!isClosing(bytes, position)) {
    const headers = readHeaders(bytes, endOfDelimiterLine(bytes, position));
    const end = findDelimiter(bytes, delimiter, headers.end);
    if (end === -1) malformed("a part has no end");
    // The part gets a copy, so that a small file does not keep the whole body alive.
    const content = new Bytes(view(bytes, headers.end, end));
    pairs[pairs.length] = [headers.name, valueOf(headers, content)];
    position = end + 2 + delimiter.length;
  }
  return pairs;
}

function newBoundary() {
  const bytes = new Bytes(16);
  native.randomBytes(bytes);
  let boundary = "----mote-form-";
  for (let i = 0; i < bytes.length; i++) boundary += (bytes[i] + 0x100).toString(16).slice(1);
  return boundary;
}

function withCRLF(text) {
  return text.replace(/\r\n?|\n/g, "\r\n");
}

function escaped(name) {
  return name.replace(/[\r\n"]/g, escapedCharacter);
}

function escapedCharacter(character) {
  return character === "\r" ? "%0D" : character === "\n" ? "%0A" : "%22";
}

function unescapedCharacter(escape) {
  return escape === "%22" || escape === '\\"' ? '"' : escape === "%0D" || escape === "%0d" ? "\r" : "\n";
}

function joined(chunks) {
  if (chunks.length === 1) return chunks[0];
  let size = 0;
  for (let i = 0; i < chunks.length; i++) size += chunks[i].length;
  const bytes = new Bytes(size);
  let offset = 0;
  for (let i = 0; i < chunks.length; i++) {
    setBytes(bytes, chunks[i], offset);
    offset += chunks[i].length;
  }
  return bytes;
}

function delimiterOf(boundary) {
  if (boundary === "" || boundary.length > BOUNDARY_LENGTH_MAX) malformed("the boundary is empty or too long");
  const delimiter = native.utf8Encode(`--${boundary}`);
  // Without this the search for it would not be linear.
  if (indexOf(delimiter, CR) !== -1) malformed("the boundary has a line break");
  return delimiter;
}

// A delimiter opens the body, or ends the preamble that nobody reads.
function endOfFirstDelimiter(bytes, delimiter) {
  if (matches(bytes, delimiter, 0)) return delimiter.length;
  const start = findDelimiter(bytes, delimiter, 0);
  if (start === -1) malformed("the boundary does not occur in it");
  return start + 2 + delimiter.length;
}

// Where the next CRLF is that a delimiter follows, or -1. Linear, because a delimiter has no CR in it: what was
// compared in vain holds no place where a further comparison could begin.
function findDelimiter(bytes, delimiter, from) {
  for (let at = indexOf(bytes, CR, from); at !== -1; at = indexOf(bytes, CR, at + 1)) {
    if (bytes[at + 1] === LF && matches(bytes, delimiter, at + 2)) return at;
  }
  return -1;
}

function matches(bytes, wanted, at) {
  for (let i = 0; i < wanted.length; i++) {
    if (bytes[at + i] !== wanted[i]) return false;
  }
  return true;
}

function isClosing(bytes, position) {
  return bytes[position] === HYPHEN && bytes[position + 1] === HYPHEN;
}

function endOfDelimiterLine(bytes, position) {
  let end = position;
  while (bytes[end] === SPACE || bytes[end] === TAB) end++;
  if (bytes[end] !== CR || bytes[end + 1] !== LF) malformed("a boundary is not followed by a line break");
  return end + 2;
}

function readHeaders(bytes, from) {
  const headers = { name: undefined, filename: undefined, type: undefined, end: from };
  for (;;) {
    const start = headers.end;
    const lineEnd = indexOf(bytes, CR, start);
    if (lineEnd === -1 || bytes[lineEnd + 1] !== LF) malformed("a part's headers have no end");
    if (lineEnd - from > PART_HEADERS_BYTES_MAX) malformed("a part's headers are too long");
    headers.end = lineEnd + 2;
    if (lineEnd === start) break;
    readHeader(headers, native.utf8Decode(view(bytes, start, lineEnd), false, true));
  }
  if (headers.name === undefined) malformed("a part has no name");
  return headers;
}

function readHeader(headers, line) {
  const colon = line.indexOf(":");
  if (colon === -1) malformed("a part's header has no colon");
  const value = line.slice(colon + 1).trim();
  switch (line.slice(0, colon).toLowerCase()) {
    case "content-disposition":
      return readDisposition(headers, value);
    case "content-type":
      headers.type = value;
  }
}

// `form-data; name="n"; filename="f"`, the values quoted or not.
function readDisposition(headers, value) {
  if (!/^form-data[\t ]*(;|$)/i.test(value)) malformed("a part's content-disposition is not form-data");
  let extended;
  let position = value.indexOf(";");
  while (position !== -1) {
    const equals = value.indexOf("=", position);
    if (equals === -1) break;
    const key = value.slice(position + 1, equals).trim().toLowerCase();
    const end = endOfParameter(value, equals + 1);
    const text = unquoted(value.slice(equals + 1, end).trim());
    if (key === "name") headers.name = text;
    else if (key === "filename") headers.filename = text;
    else if (key === "filename*") extended = extendedValue(text);
    position = end === value.length ? -1 : end;
  }
  headers.filename ??= extended;
}

// The ";" behind a parameter's value, or the end. A quote closes a value only if nothing but a ";" can follow it: other
// clients than browsers write a quote that belongs to the name as \" and not as %22.
function endOfParameter(value, start) {
  let position = start;
  while (value[position] === " " || value[position] === "\t") position++;
  if (value[position] === '"') {
    const close = /"[\t ]*(?=;|$)/g;
    close.lastIndex = position + 1;
    const found = close.exec(value);
    if (found === null) malformed("a quote in a part's content-disposition does not end");
    return close.lastIndex;
  }
  const semicolon = value.indexOf(";", position);
  return semicolon === -1 ? value.length : semicolon;
}

function unquoted(text) {
  if (text[0] !== '"') return text;
  return text.slice(1, -1).replace(/%0[AaDd]|%22|\\"/g, unescapedCharacter);
}

// RFC 8187's way to write a name, for clients that send it in spite of RFC 7578; undefined if it is not UTF-8.
function extendedValue(text) {
  const parts = /^utf-8'[^']*'(.*)$/i.exec(text);
  try {
    return parts === null ? undefined : decodeComponent(parts[1]);
  } catch {
    return undefined;
  }
}

function valueOf(headers, content) {
  if (headers.filename === undefined) return native.utf8Decode(content, false, true);
  return createFile(content, headers.filename, headers.type ?? "text/plain");
}

function view(bytes, start, end) {
  return new Bytes(bytes.buffer, bytes.byteOffset + start, end - start);
}

function malformed(reason) {
  throw new TypeError(`The body is not valid multipart/form-data: ${reason}.`);
}
