// Bodies (https://fetch.spec.whatwg.org/#body-mixin): what requests and responses carry. A body stays in the form in
// which it came - a string, bytes, a Blob, a native body that Rust holds - for as long as nobody asks for another; a
// stream over it exists only after somebody has read `.body`. So a body that is only passed on is handed from one
// native to the other and its bytes never enter JavaScript.
import { bytesOf, USVString } from "./webidl.js";
import { blobSize, bytesOfBlob, createBlob, isBlob } from "./blob.js";
import { load, loaded } from "./lazy.js";
import { isURLSearchParams } from "./url.js";
import { mimeOfHeader, mimeParameter, serializeMime } from "./mime.js";
import { pumpToPipe } from "./body-pipe.js";
import { isOn } from "./compatibility.js";
import { native } from "./native.js";

const uncurry = (method) => Function.prototype.call.bind(method);
const charCodeAt = uncurry(String.prototype.charCodeAt);
const slice = uncurry(String.prototype.slice);
const toWellFormed = uncurry(String.prototype.toWellFormed);
const then = uncurry(Promise.prototype.then);
const Bytes = Uint8Array;
const { isArray } = Array;
const { asyncIterator, iterator, toPrimitive } = Symbol;
const plainToString = Object.prototype.toString;
const NativeTypeError = TypeError;
const bufferOf = uncurry(Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "buffer").get);
const bufferLength = uncurry(Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength").get);

const STREAMS = "lazy/streams/index.js";
// Most bodies are never seen as streams.
const streams = () => load(STREAMS);

export const TEXT_TYPE = "text/plain;charset=UTF-8";

/** What a request or response carries. Never seen by tenants; a missing body is null instead. */
export class Body {
  // Exactly one of: a value (string, Uint8Array or Blob), the id of a native body, a stream that was given.
  value = null;
  id = 0;
  stream = null;
  used = false;
  // The value belongs to a clone, too: whoever is given its memory must get a copy.
  shared = false;
  // The content-type that follows from the value, or null.
  type = null;
  // Of a body that a signal can abort: its BodyAbort.
  abort = null;

  constructor(value, id, stream, type) {
    this.value = value;
    this.id = id;
    this.stream = stream;
    this.type = type;
  }
}

export const valueBody = (value, type) => new Body(value, 0, null, type);
export const nativeBody = (id) => (id === 0 ? null : new Body(null, id, null, null));

/** "Extract" of a BodyInit that is not null. */
export function extractBody(init, what) {
  if (typeof init === "string") return valueBody(init, TEXT_TYPE);
  if (typeof init === "object") {
    // Where nobody has loaded streams or forms, nobody has made any.
    if (loaded(STREAMS)?.isReadableStream(init)) return streamBody(init, what);
    if (isURLSearchParams(init)) return valueBody(init.toString(), "application/x-www-form-urlencoded;charset=UTF-8");
    if (isBlob(init)) return valueBody(init, init.type === "" ? null : init.type);
    const forms = loaded("lazy/form-data.js");
    if (forms?.isFormData(init)) {
      const { boundary, bytes } = forms.encodeMultipart(init);
      return valueBody(bytes, `multipart/form-data; boundary=${boundary}`);
    }
    const bytes = bytesOf(init);
    if (bytes !== undefined) return valueBody(new Bytes(bytes), null);
    if (isIterable(init) && isOn("fetch_iterable_type_support")) return new Body(null, 0, streams().streamFrom(chunksOf(init)), null);
  }
  return valueBody(USVString(init), TEXT_TYPE);
}

// What has a text of its own is meant by that text, but for arrays, which all have one.
function isIterable(init) {
  if (init[asyncIterator] !== undefined && init[asyncIterator] !== null) return true;
  if (init[iterator] === undefined || init[iterator] === null) return false;
  return isArray(init) || (init.toString === plainToString && init[toPrimitive] === undefined);
}

async function* chunksOf(iterable) {
  for await (const chunk of iterable) yield typeof chunk === "string" ? native.utf8Encode(chunk) : chunk;
}

function streamBody(stream, what) {
  if (streams().isDisturbed(stream)) throw new TypeError(`${what}: the body is a ReadableStream that was already read from.`);
  if (streams().isLocked(stream)) throw new TypeError(`${what}: the body is a ReadableStream that is locked to a reader.`);
  return new Body(null, 0, stream, null);
}

/** Is there nothing in this body at all, without having to read it? */
export function isKnownEmpty(body) {
  const { value } = body;
  if (value === null) return false;
  return (isBlob(value) ? blobSize(value) : value.length) === 0;
}

export const isBodyUsed = (body) => body !== null && (body.used || (body.stream !== null && streams().isDisturbed(body.stream)));

export const isBodyUnusable = (body) => isBodyUsed(body) || (body !== null && body.stream !== null && streams().isLocked(body.stream));

/** Can this body be sent a second time? Not if it only flows by. */
export const isBodyReplayable = (body) => body === null || body.value !== null;

/** The `body` attribute. */
export function streamOf(body) {
  if (body === null) return null;
  if (body.stream !== null) return body.stream;
  body.stream = body.id === 0 ? streamOverValue(body) : streamOverNative(body);
  // A body that was used up before anybody asked for its stream has one that is locked and at its end.
  if (body.used) streams().takeNativeSource(body.stream);
  return body.stream;
}

function streamOverValue(body) {
  let bytes;
  return streams().createReadableByteStream({
    read() {
      if (bytes !== undefined) return undefined;
      bytes = bytesOfValue(body);
      return bytes.length === 0 ? undefined : bytes;
    },
    cancel() {},
    source: body,
  });
}

function streamOverNative(body) {
  const stream = streams().createReadableByteStream({
    read: () => nextChunkOf(body),
    cancel() {
      native.bodyCancel(body.id);
    },
    source: body,
  });
  if (body.abort !== null) body.abort.stream = stream;
  return stream;
}

const nextChunkOf = (body) => {
  const read = () => native.bodyRead(body.id);
  return awaited(body.abort === null ? read() : body.abort.race(read, (chunk) => chunk === undefined));
};

const restOf = (body, asText) => {
  const read = () => native.bodyReadAll(body.id, asText);
  return awaited(body.abort === null ? read() : body.abort.race(read, () => true));
};

// Why an error of a native is made anew: that one was made where no JavaScript ran, so its stack says nothing. Made in a
// reaction, it has the stack of whoever awaits.
const awaited = (promise) => then(promise, undefined, renew);
function renew(error) {
  throw error instanceof NativeTypeError && error.stack.indexOf("\n") === -1 ? new NativeTypeError(error.message) : error;
}

/**
 * Uses a body up. Returns the Body whose value or native id holds everything, or undefined if the body's stream has
 * to be read. Throws a TypeError if the body cannot be read (any more).
 */
function claim(body) {
  const { stream } = body;
  // Also a second time: nothing of it was read.
  if (body.abort !== null && body.abort.aborted) throw body.abort.reason;
  if (body.used || (stream !== null && streams().isDisturbed(stream))) {
    throw new TypeError("The body was already used: it can be read once only. Use clone() to read it twice.");
  }
  if (stream === null) {
    body.used = true;
    return body;
  }
  if (streams().isLocked(stream)) throw new TypeError("The body cannot be read: its stream is locked to a reader.");
  return streams().takeNativeSource(stream);
}

/** The whole body as text: a string, or a promise of one if it has to be awaited. */
export function textOf(body) {
  if (body === null) return "";
  const holder = claim(body);
  if (holder === undefined) return streams().readAllBytes(body.stream, decode);
  if (holder.id !== 0) return restOf(holder, true);
  if (typeof holder.value === "string") return textOfString(holder.value);
  return decode(isBlob(holder.value) ? bytesOfBlob(holder.value) : holder.value);
}

const decode = (bytes) => native.utf8Decode(bytes, false, false);

// What encoding as UTF-8 and decoding again makes of a string: lone surrogates are replaced, a byte order mark goes.
function textOfString(string) {
  const text = toWellFormed(string);
  return text.length > 0 && charCodeAt(text, 0) === 0xfeff ? slice(text, 1) : text;
}

/** The whole body as bytes that belong to the caller: a Uint8Array, or a promise of one. */
export function wholeBytesOf(body) {
  if (body === null) return new Bytes(0);
  const holder = claim(body);
  if (holder === undefined) return streams().readAllBytes(body.stream);
  if (holder.id !== 0) return restOf(holder, false);
  return bytesOfValue(holder);
}

function bytesOfValue(body) {
  const { value } = body;
  if (typeof value === "string") return native.utf8Encode(value);
  if (isBlob(value)) return new Bytes(bytesOfBlob(value));
  return body.shared ? new Bytes(value) : value;
}

/** The ArrayBuffer of bytes that belong to the caller. */
export function bufferOfBytes(bytes) {
  const buffer = bufferOf(bytes);
  return bufferLength(buffer) === bytes.length ? buffer : bufferOf(new Bytes(bytes));
}

/** The whole body's bytes as a Blob. `contentType` is the value of the content-type header or null. */
export function blobOfBytes(bytes, contentType) {
  const mime = mimeOfHeader(contentType);
  return createBlob(bytes, mime === undefined ? "" : serializeMime(mime));
}

/** The whole body's bytes as FormData. Throws a TypeError if the content-type is none that forms have. */
export function formDataOfBytes(bytes, contentType) {
  const mime = mimeOfHeader(contentType);
  if (mime?.essence === "multipart/form-data") {
    const boundary = mimeParameter(mime, "boundary");
    if (boundary === undefined) throw new TypeError("formData: the content-type multipart/form-data has no boundary.");
    return load("lazy/form-data.js").parseMultipart(bytes, boundary);
  }
  if (mime?.essence === "application/x-www-form-urlencoded") return load("lazy/form-data.js").parseUrlEncoded(bytes);
  throw new TypeError(
    `formData: the content-type is ${contentType === null ? "missing" : `'${contentType}'`}, not multipart/form-data or application/x-www-form-urlencoded.`,
  );
}

/** Two bodies in place of one that is usable: `[mine, copy]`. Values are shared, anything that flows is teed. */
export function cloneBody(body) {
  if (body === null) return [null, null];
  if (body.value !== null && body.stream === null) {
    body.shared = true;
    const copy = valueBody(body.value, body.type);
    copy.shared = true;
    return [body, copy];
  }
  const branches = streams().teeForBody(streamOf(body));
  return [new Body(null, 0, branches[0], body.type), new Body(null, 0, branches[1], body.type)];
}

/** A body that continues a usable one, which is used up by that: of `new Request(request)`. */
export function takeOverBody(body) {
  if (body === null) return null;
  const holder = claim(body);
  if (holder === undefined) return new Body(null, 0, successorOf(body.stream), body.type);
  const taken = new Body(holder.value, holder.id, null, body.type);
  taken.shared = holder.shared;
  taken.abort = holder.abort;
  return taken;
}

// Locks the stream and gives all that it has to a new one: a tee of which one branch is cancelled at once.
function successorOf(stream) {
  const branches = streams().teeForBody(stream);
  cancelQuietly(branches[1], undefined);
  return branches[0];
}

/** Cancels a stream; what its source then throws has nobody to go to. */
export function cancelQuietly(stream, reason) {
  then(streams().cancelStream(stream, reason), undefined, () => {});
}

/** How many bytes a body will turn out to have, if only its stream knows: of a FixedLengthStream. */
export const promisedLength = (body) => (body === null || body.stream === null ? undefined : streams().expectedLengthOf(body.stream));

/** Uses a body up for sending: null, a string, a Uint8Array or a native body's id. */
export function outgoingBody(body) {
  if (body === null) return null;
  const holder = claim(body);
  if (holder === undefined) return pumpToPipe(body.stream);
  if (holder.abort?.aborted) throw holder.abort.reason;
  if (holder.id !== 0) return holder.id;
  return isBlob(holder.value) ? bytesOfBlob(holder.value) : holder.value;
}

/** Gives up what `outgoingBody` gave and nobody has taken, so that whoever writes to it learns of it. */
export function discardOutgoing(outgoing) {
  if (typeof outgoing === "number") native.bodyCancel(outgoing);
}
