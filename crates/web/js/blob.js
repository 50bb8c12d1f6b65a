// Blob and File (https://w3c.github.io/FileAPI/): immutable bytes with a type. A blob is a list of chunks, and
// chunks never change, so slices and blobs made of blobs share them instead of copying.
import {
  DOMString,
  USVString,
  bytesOf,
  defineInterface,
  dictionary,
  enumeration,
  isObject,
  longLong,
  requireArguments,
  sequence,
} from "./webidl.js";
import { native } from "./native.js";
import { load } from "./lazy.js";

const Bytes = Uint8Array;
const setBytes = Function.prototype.call.bind(Uint8Array.prototype.set);

// The largest blob: as large as the largest buffer that V8 could give its bytes in.
const BLOB_BYTES_MAX = 2 ** 32;
const STREAM_CHUNK_BYTES_MAX = 64 * 1024;
const MADE_HERE = {};

let internals;
/** Is this a Blob (or a File)? */
export let isBlob;

export class Blob {
  // Uint8Arrays over memory that nobody else ever gets to see.
  #chunks;
  #size;
  #type;

  constructor(blobParts = undefined, options = undefined, size = undefined, type = undefined) {
    if (blobParts === MADE_HERE) {
      this.#chunks = options;
      this.#size = size;
      this.#type = type;
      return;
    }
    const parts = blobParts === undefined ? [] : sequence(blobParts, toPart, "Blob constructor: the parts");
    const bag = dictionary(options, "Blob constructor: the options");
    const { endings = "transparent" } = bag;
    const lineEndings = enumeration(endings, LINE_ENDINGS, "Blob constructor: endings");
    const typeGiven = bag.type;
    this.#type = typeGiven === undefined ? "" : normalizedType(DOMString(typeGiven));
    this.#chunks = chunksOf(parts, lineEndings === "native");
    this.#size = sizeOf(this.#chunks);
  }

  get size() {
    return this.#size;
  }

  get type() {
    return this.#type;
  }

  slice(start = 0, end = undefined, contentType = "") {
    const size = this.#size;
    const from = relative(longLong(start, CLAMP), size);
    const to = end === undefined ? size : relative(longLong(end, CLAMP), size);
    const type = normalizedType(DOMString(contentType));
    const chunks = chunksBetween(this.#chunks, from, to);
    return new Blob(MADE_HERE, chunks, Math.max(to - from, 0), type);
  }

  stream() {
    const chunks = this.#chunks;
    let index = 0;
    let offset = 0;
    return load("lazy/streams/index.js").createReadableByteStream({
      pull(controller) {
        if (index < chunks.length) {
          const chunk = chunks[index];
          const end = Math.min(offset + STREAM_CHUNK_BYTES_MAX, chunk.length);
          // A copy, because the stream gives its chunks' memory away.
          const piece = new Bytes(view(chunk, offset, end));
          offset = end === chunk.length ? 0 : end;
          if (offset === 0) index++;
          controller.enqueue(piece);
        }
        if (index === chunks.length) controller.close();
      },
      cancel() {
        index = chunks.length;
      },
      source: undefined,
    });
  }

  async text() {
    return native.utf8Decode(joined(this.#chunks, this.#size), false, false);
  }

  async arrayBuffer() {
    return copied(this.#chunks, this.#size).buffer;
  }

  async bytes() {
    return copied(this.#chunks, this.#size);
  }

  static {
    isBlob = (value) => isObject(value) && #chunks in value;
    internals = {
      chunks: (blob) => blob.#chunks,
      size: (blob) => blob.#size,
      type: (blob) => blob.#type,
    };
  }
}
defineInterface(Blob, "Blob");

let fileNameOf;
/** Is this a File? */
export let isFile;

export class File extends Blob {
  #name;
  #lastModified;

  constructor(fileBits, fileName, options = undefined, type = undefined) {
    if (fileBits === MADE_HERE) {
      super(MADE_HERE, internals.chunks(options), internals.size(options), type);
      this.#name = fileName;
      this.#lastModified = isFile(options) ? options.#lastModified : Math.floor(native.now());
      return;
    }
    requireArguments(arguments.length, 2, "File constructor");
    if (!isObject(fileBits)) throw new TypeError("File constructor: the parts are not iterable.");
    super(fileBits, options);
    this.#name = USVString(fileName);
    const lastModified = dictionary(options).lastModified;
    this.#lastModified = lastModified === undefined ? Math.floor(native.now()) : longLong(lastModified);
  }

  get name() {
    return this.#name;
  }

  get lastModified() {
    return this.#lastModified;
  }

  static {
    isFile = (value) => isObject(value) && #name in value;
    fileNameOf = (file) => file.#name;
  }
}
defineInterface(File, "File");

/** A Blob over bytes that nobody else will change. */
export function createBlob(bytes, type) {
  return new Blob(MADE_HERE, bytes.length === 0 ? [] : [bytes], bytes.length, normalizedType(type));
}

/** A File over bytes that nobody else will change. */
export function createFile(bytes, name, type) {
  return fileOfBlob(createBlob(bytes, type), name);
}

/** A File with a blob's bytes and type, and with its date if it has one. */
export function fileOfBlob(blob, name) {
  return new File(MADE_HERE, name, blob, internals.type(blob));
}

/** A blob's bytes. They may be the blob's own: not to be changed, and not to be handed to a tenant. */
export function bytesOfBlob(blob) {
  return joined(internals.chunks(blob), internals.size(blob));
}

/** A blob's chunks. They are the blob's own: not to be changed, and not to be handed to a tenant. */
export function blobParts(blob) {
  return internals.chunks(blob);
}

export function blobSize(blob) {
  return internals.size(blob);
}

export function blobType(blob) {
  return internals.type(blob);
}

export function nameOfFile(file) {
  return fileNameOf(file);
}

const LINE_ENDINGS = ["transparent", "native"];
const CLAMP = { mode: "clamp" };

// (BufferSource or Blob or USVString): buffers are read only after all parts and options were converted.
function toPart(value) {
  return isBlob(value) || bytesOfPart(value) !== undefined ? value : USVString(value);
}

function bytesOfPart(value) {
  if (!isObject(value)) return undefined;
  try {
    return bytesOf(value);
  } catch {
    // A view on a detached buffer: it is a BufferSource, of no bytes.
    return new Bytes(0);
  }
}

function chunksOf(parts, nativeEndings) {
  const chunks = [];
  // Texts side by side are encoded at once.
  let text = "";
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (typeof part === "string") {
      text += nativeEndings ? part.replace(/\r\n?/g, "\n") : part;
      continue;
    }
    text = flushText(chunks, text);
    if (isBlob(part)) {
      const shared = internals.chunks(part);
      for (let k = 0; k < shared.length; k++) chunks[chunks.length] = shared[k];
    } else {
      const bytes = bytesOfPart(part);
      if (bytes.length > 0) chunks[chunks.length] = new Bytes(bytes);
    }
  }
  flushText(chunks, text);
  return chunks;
}

function flushText(chunks, text) {
  if (text !== "") chunks[chunks.length] = native.utf8Encode(text);
  return "";
}

function sizeOf(chunks) {
  let size = 0;
  for (let i = 0; i < chunks.length; i++) size += chunks[i].length;
  if (size > BLOB_BYTES_MAX) throw new RangeError("Blob constructor: the parts are too large together.");
  return size;
}

function chunksBetween(chunks, from, to) {
  const within = [];
  let start = 0;
  for (let i = 0; i < chunks.length && start < to; i++) {
    const chunk = chunks[i];
    const first = Math.max(from - start, 0);
    const last = Math.min(to - start, chunk.length);
    if (first < last) within[within.length] = view(chunk, first, last);
    start += chunk.length;
  }
  return within;
}

// Not `subarray`, which would ask the tenant's realm for a constructor and hand it the memory.
function view(chunk, from, to) {
  return new Bytes(chunk.buffer, chunk.byteOffset + from, to - from);
}

function joined(chunks, size) {
  return chunks.length === 1 ? chunks[0] : copied(chunks, size);
}

function copied(chunks, size) {
  const bytes = new Bytes(size);
  let offset = 0;
  for (let i = 0; i < chunks.length; i++) {
    setBytes(bytes, chunks[i], offset);
    offset += chunks[i].length;
  }
  return bytes;
}

function relative(position, size) {
  return position < 0 ? Math.max(size + position, 0) : Math.min(position, size);
}

// Lower case, or nothing at all if it has a character outside of printable ASCII.
function normalizedType(type) {
  for (let i = 0; i < type.length; i++) {
    const code = type.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return "";
  }
  return type.toLowerCase();
}
