// What a file system is made of. All of it lies in the isolate's own memory, and counts as such.
import { native } from "../../../native.js";
import { refuse } from "./errors.js";

const { now } = Date;
const set = Function.prototype.call.bind(Object.getPrototypeOf(Uint8Array.prototype).set);
const EMPTY = new Uint8Array(0);
// Nothing longer than this has a place in an isolate anyway.
const FILE_BYTES_MAX = 2 ** 30;

export const S_IFDIR = 0o040000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;
export const S_IFCHR = 0o020000;

let lastInode = 0;

class Node {
  inode = ++lastInode;
  links = 1;
  device = 0;
  isWritable = true;
  accessedMs = 0;
  modifiedMs = 0;
  changedMs = 0;
  bornMs = 0;

  constructor(mode) {
    this.mode = mode;
  }

  get size() {
    return 0;
  }

  /** It was made just now. */
  born() {
    this.bornMs = this.accessedMs = this.modifiedMs = this.changedMs = now();
    return this;
  }

  /** Its content has changed. */
  changed() {
    this.modifiedMs = this.changedMs = now();
  }

  requireWritable() {
    if (!this.isWritable) throw refuse("EROFS");
  }
}

export class Directory extends Node {
  #entries = new Map();

  constructor(mode = 0o755) {
    super(S_IFDIR | mode);
  }

  get(name) {
    return this.#entries.get(name);
  }

  names() {
    return [...this.#entries.keys()];
  }

  /** Puts a node into it, as part of what is there from the beginning. */
  furnish(name, node) {
    this.#entries.set(name, node);
    return node;
  }

  put(name, node) {
    this.requireWritable();
    this.#entries.set(name, node);
    this.changed();
  }

  remove(name) {
    this.requireWritable();
    this.#entries.delete(name);
    this.changed();
  }
}

export class Link extends Node {
  constructor(target) {
    super(S_IFLNK | 0o777);
    this.target = target;
  }

  get size() {
    return this.target.length;
  }
}

export class File extends Node {
  // The first `#size` bytes are the file's, the others room to grow.
  #bytes = EMPTY;
  #size = 0;

  constructor(mode = 0o644) {
    super(S_IFREG | mode);
  }

  get size() {
    return this.#size;
  }

  /** Bytes of it, as a view that is the caller's to copy. */
  slice(start, end) {
    return this.#bytes.subarray(Math.min(start, this.#size), Math.min(end, this.#size));
  }

  write(position, bytes) {
    this.requireWritable();
    const end = position + bytes.length;
    this.#makeRoom(end);
    set(this.#bytes, bytes, position);
    if (end > this.#size) this.#size = end;
    this.changed();
  }

  truncate(length) {
    this.requireWritable();
    if (length > this.#size) this.#makeRoom(length);
    else this.#bytes.fill(0, length, this.#size);
    this.#size = length;
    if (length === 0) this.#bytes = EMPTY;
    this.changed();
  }

  #makeRoom(length) {
    if (length <= this.#bytes.length) return;
    if (length > FILE_BYTES_MAX) throw refuse("EFBIG");
    let bytes;
    try {
      bytes = new Uint8Array(length < 4096 ? Math.max(length, this.#bytes.length * 2) : Math.max(length, Math.ceil(this.#bytes.length * 1.5)));
    } catch {
      // The isolate may hold no more.
      throw refuse("ENOSPC");
    }
    set(bytes, this.#bytes.subarray(0, this.#size));
    this.#bytes = bytes;
  }
}

/** A module of the worker's own bundle. */
export class BundleFile extends Node {
  #name;
  #size;
  #bytes;

  constructor(name, size) {
    super(S_IFREG | 0o444);
    this.#name = name;
    this.#size = size;
    this.isWritable = false;
  }

  get size() {
    return this.#size;
  }

  slice(start, end) {
    this.#bytes ??= native.bundleFile(this.#name) ?? EMPTY;
    return this.#bytes.subarray(start, end);
  }

  write() {
    throw refuse("EROFS");
  }

  truncate() {
    throw refuse("EROFS");
  }
}

/** A device: `read(length)` gives as many bytes as there are, `write(bytes)` takes them. */
export class Device extends Node {
  constructor(read, write) {
    super(S_IFCHR | 0o666);
    this.device = 1;
    this.read = read;
    this.take = write;
  }

  slice(start, end) {
    return this.read(end - start);
  }

  write(_position, bytes) {
    this.take(bytes);
  }

  truncate() {}
}
