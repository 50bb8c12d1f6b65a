// Open files: what a number stands for, and reading and writing by it.
import { invalidType, outOfRange } from "../errors.js";
import { BundleFile, Device, Directory, File, Link } from "./nodes.js";
import { FOLLOW, STAY, pathOf, walk } from "./paths.js";
import { asEncoded, bytesOfData, descriptorOf, flagsOf, modeOf, optionsOf, positionOf, requireBooleans, timeOf } from "./given.js";
import { constants } from "./constants.js";
import { calling, refuse } from "./errors.js";
import { currentStore } from "./stores.js";
import { requireArray, requireInteger } from "../validate.js";
import { statsOf } from "./stats.js";

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants;
const ACCESS = O_WRONLY | O_RDWR;
const set = Function.prototype.call.bind(Object.getPrototypeOf(Uint8Array.prototype).set);
// What is read of a device that never ends, before that is noticed.
const DEVICE_BYTES_MAX = 1 << 20;

class OpenFile {
  position = 0;

  constructor(node, flags) {
    this.node = node;
    const access = flags & ACCESS;
    this.reads = access === O_RDONLY || access === O_RDWR;
    this.writes = access === O_WRONLY || access === O_RDWR;
    this.appends = (flags & O_APPEND) !== 0;
  }
}

function openNode(path, flags, mode) {
  const stays = (flags & O_NOFOLLOW) !== 0 || (flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL);
  const found = walk(path, stays ? STAY : FOLLOW);
  let { node } = found;
  if (node === undefined) {
    if ((flags & O_CREAT) === 0) throw refuse("ENOENT");
    if (found.isDirectory) throw refuse("EISDIR");
    node = new File(mode & 0o777).born();
    found.directory.put(found.name, node);
    return node;
  }
  if ((flags & O_CREAT) !== 0 && (flags & O_EXCL) !== 0) throw refuse("EEXIST");
  if (node instanceof Link) throw refuse("ELOOP");
  const writes = (flags & ACCESS) !== O_RDONLY;
  if (node instanceof Directory) {
    if (writes) throw refuse("EISDIR");
  } else if ((flags & O_DIRECTORY) !== 0) throw refuse("ENOTDIR");
  if (writes && !node.isWritable) throw refuse("EROFS");
  if (writes && (flags & O_TRUNC) !== 0) node.truncate(0);
  return node;
}

function openFileAt(given, flags, mode, syscall = "open") {
  const path = pathOf(given);
  return calling(syscall, () => new OpenFile(openNode(path, flags, mode), flags), path);
}

function openFileOf(fd) {
  const open = currentStore().open.get(descriptorOf(fd));
  if (open === undefined) throw refuse("EBADF");
  return open;
}

const withOpen = (syscall, fd, work) => {
  descriptorOf(fd);
  return calling(syscall, () => work(openFileOf(fd)));
};

// --- Bytes -------------------------------------------------------------------------------------------------------

function readInto(open, target, position) {
  if (!open.reads) throw refuse("EBADF");
  if (open.node instanceof Directory) throw refuse("EISDIR");
  const at = position ?? open.position;
  const bytes = open.node.slice(at, at + target.length);
  set(target, bytes);
  if (position === undefined) open.position += bytes.length;
  return bytes.length;
}

function writeFrom(open, bytes, position) {
  if (!open.writes) throw refuse("EBADF");
  const at = open.appends ? open.node.size : (position ?? open.position);
  open.node.write(at, bytes);
  if (open.appends || position === undefined) open.position = at + bytes.length;
  return bytes.length;
}

/** All that there is from where the open file stands, as bytes of their own. */
function readRest(open) {
  if (!open.reads) throw refuse("EBADF");
  const { node } = open;
  if (node instanceof Directory) throw refuse("EISDIR");
  if (node instanceof Device) {
    const bytes = node.slice(0, DEVICE_BYTES_MAX);
    if (bytes.length > 0) throw refuse("EFBIG");
    return bytes;
  }
  const bytes = node.slice(open.position, node.size).slice();
  open.position += bytes.length;
  return bytes;
}

// --- Calls -------------------------------------------------------------------------------------------------------

export function open(path, flags = undefined, mode = undefined) {
  const file = openFileAt(path, flagsOf(flags), modeOf(mode, "mode", 0o666) & ~0o22);
  return calling("open", () => currentStore().add(file));
}

export const close = (fd) => withOpen("close", fd, () => void currentStore().open.delete(fd));

export const fstat = (fd, options = {}) => {
  requireBooleans(optionsOf(options), "bigint");
  return withOpen("fstat", fd, ({ node }) => statsOf(node, optionsOf(options)));
};
export const fsync = (fd) => withOpen("fsync", fd, () => undefined);
export const fdatasync = (fd) => withOpen("fdatasync", fd, () => undefined);

export const ftruncate = (fd, length = 0) => {
  requireInteger(length, "len");
  return withOpen("ftruncate", fd, (file) => {
    if (!file.writes || !(file.node instanceof File)) throw refuse("EINVAL");
    file.node.truncate(Math.max(0, length));
  });
};

export const fchmod = (fd, mode) => {
  const bits = modeOf(mode);
  return withOpen("fchmod", fd, ({ node }) => setMode(node, bits));
};

export const fchown = (fd, uid, gid) => {
  requireOwner(uid, gid);
  return withOpen("fchown", fd, ({ node }) => node.requireWritable());
};

export const futimes = (fd, atime, mtime) => {
  const [accessed, modified] = [timeOf(atime, "atime"), timeOf(mtime, "mtime")];
  return withOpen("futime", fd, ({ node }) => setTimes(node, accessed, modified));
};

export function setMode(node, mode) {
  node.requireWritable();
  node.mode = (node.mode & ~0o7777) | (mode & 0o7777);
}

export function setTimes(node, accessedMs, modifiedMs) {
  node.requireWritable();
  node.accessedMs = accessedMs;
  node.modifiedMs = modifiedMs;
}

export function requireOwner(uid, gid) {
  requireInteger(uid, "uid", -1, 4294967295);
  requireInteger(gid, "gid", -1, 4294967295);
}

export function read(fd, buffer, offset = undefined, length = undefined, position = undefined) {
  const { target, at } = partOf(buffer, offset, length, position);
  return withOpen("read", fd, (file) => readInto(file, target, at));
}

export function readv(fd, buffers, position = undefined) {
  const views = viewsOf(buffers);
  let at = positionOf(position);
  return withOpen("read", fd, (file) => {
    let sum = 0;
    for (const view of views) {
      const count = readInto(file, view, at);
      sum += count;
      if (at !== undefined) at += count;
      if (count < view.length) break;
    }
    return sum;
  });
}

export function write(fd, data, offset = undefined, length = undefined, position = undefined) {
  if (typeof data === "string") {
    const bytes = bytesOfData(data, length);
    const at = positionOf(offset);
    return withOpen("write", fd, (file) => writeFrom(file, bytes, at));
  }
  const { target, at } = partOf(data, offset, length, position);
  return withOpen("write", fd, (file) => writeFrom(file, target, at));
}

export function writev(fd, buffers, position = undefined) {
  const views = viewsOf(buffers);
  let at = positionOf(position);
  return withOpen("write", fd, (file) => {
    let sum = 0;
    for (const view of views) {
      sum += writeFrom(file, view, at);
      if (at !== undefined) at += view.length;
    }
    return sum;
  });
}

// What of a buffer is meant: `(buffer, offset, length, position)`, or `(buffer, { offset, length, position })`.
function partOf(buffer, offset, length, position) {
  if (!ArrayBuffer.isView(buffer)) throw invalidType("buffer", "an instance of Buffer, TypedArray, or DataView", buffer);
  const given = typeof offset === "object" && offset !== null ? offset : { offset, length, position };
  const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const start = given.offset ?? 0;
  requireInteger(start, "offset", 0);
  const count = given.length ?? bytes.length - start;
  requireInteger(count, "length");
  if (start > bytes.length) throw outOfRange("offset", `<= ${bytes.length}`, start);
  if (count < 0 || count > bytes.length - start) throw outOfRange("length", `>= 0 && <= ${bytes.length - start}`, count);
  return { target: bytes.subarray(start, start + count), at: positionOf(given.position) };
}

function viewsOf(buffers) {
  requireArray(buffers, "buffers");
  return buffers.map((one) => {
    if (!ArrayBuffer.isView(one)) throw invalidType("buffers", "an instance of ArrayBufferView[]", buffers);
    return new Uint8Array(one.buffer, one.byteOffset, one.byteLength);
  });
}

// --- Whole files -------------------------------------------------------------------------------------------------

const isDescriptor = (value) => Number.isInteger(value) && value >= 0 && value <= 2147483647;

function opened(file, flags, mode) {
  if (isDescriptor(file)) return calling("read", () => openFileOf(file));
  return openFileAt(file, flags, mode);
}

export function readFile(file, options = undefined) {
  const { encoding, flag } = optionsOf(options);
  const from = opened(file, flagsOf(flag), 0);
  return asEncoded(calling("read", () => readRest(from)), encoding);
}

export function writeFile(file, data, options = undefined) {
  const { encoding, mode, flag, flush } = optionsOf(options);
  requireBooleans({ flush }, "flush");
  const bytes = bytesOfData(data, encoding);
  const to = opened(file, flagsOf(flag, "w"), modeOf(mode, "mode", 0o666) & ~0o22);
  calling("write", () => writeFrom(to, bytes, undefined));
}

export const appendFile = (file, data, options = undefined) => writeFile(file, data, { flag: "a", ...optionsOf(options) });

/** A copy of a file's content, for those that copy. */
export function contentOf(node) {
  if (node instanceof File || node instanceof BundleFile) return node.slice(0, node.size).slice();
  throw refuse(node instanceof Directory ? "EISDIR" : "EINVAL");
}
