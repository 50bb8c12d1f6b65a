// FileHandle, by which promises work on an open file.
import { EventEmitter } from "../../events.js";
import { ReadStream, WriteStream } from "./streams.js";
import { calls, later } from "./calls.js";
import { Buffer } from "../../buffer.js";
import { error, notImplemented } from "../errors.js";

export class FileHandle extends EventEmitter {
  #fd;
  #isClosing = false;

  constructor(fd) {
    super();
    this.#fd = fd;
  }

  get fd() {
    return this.#fd;
  }

  #open() {
    if (this.#fd === -1) throw error("EBADF", "file closed", { syscall: undefined });
    return this.#fd;
  }

  async appendFile(data, options = undefined) {
    await this.writeFile(data, options);
  }

  async chmod(mode) {
    calls.fchmod(this.#open(), mode);
  }

  async chown(uid, gid) {
    calls.fchown(this.#open(), uid, gid);
  }

  async close() {
    if (this.#fd === -1 || this.#isClosing) return;
    this.#isClosing = true;
    calls.close(this.#fd);
    this.#fd = -1;
    later(() => this.emit("close"));
  }

  createReadStream(options = {}) {
    return new ReadStream(undefined, { ...options, fd: this });
  }

  createWriteStream(options = {}) {
    return new WriteStream(undefined, { ...options, fd: this });
  }

  async datasync() {
    calls.fdatasync(this.#open());
  }

  async read(buffer = undefined, ...rest) {
    const isOptions = buffer === undefined || !ArrayBuffer.isView(buffer);
    const { buffer: given, ...options } = isOptions ? (buffer ?? {}) : {};
    const target = isOptions ? (given ?? Buffer.alloc(16384)) : buffer;
    const bytesRead = isOptions ? calls.read(this.#open(), target, options) : calls.read(this.#open(), target, ...rest);
    return { bytesRead, buffer: target };
  }

  readLines() {
    throw notImplemented("fs", "FileHandle.readLines");
  }

  readableWebStream(options = {}) {
    return ReadStream.toWeb(this.createReadStream({ ...options, autoClose: options?.autoClose ?? false }));
  }

  async readFile(options = undefined) {
    return calls.readFile(this.#open(), options);
  }

  async readv(buffers, position = undefined) {
    return { bytesRead: calls.readv(this.#open(), buffers, position), buffers };
  }

  async stat(options = undefined) {
    return calls.fstat(this.#open(), options);
  }

  async sync() {
    calls.fsync(this.#open());
  }

  async truncate(length = undefined) {
    calls.ftruncate(this.#open(), length);
  }

  async utimes(atime, mtime) {
    calls.futimes(this.#open(), atime, mtime);
  }

  async write(data, ...rest) {
    return { bytesWritten: calls.write(this.#open(), data, ...rest), buffer: data };
  }

  async writeFile(data, options = undefined) {
    this.#open();
    await writeAll(this.#fd, data, options);
  }

  async writev(buffers, position = undefined) {
    return { bytesWritten: calls.writev(this.#open(), buffers, position), buffers };
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }
}

/** Writes text or bytes, or pieces of them that come one after another. */
export async function writeAll(file, data, options = undefined) {
  const isWhole = typeof data === "string" || ArrayBuffer.isView(data) || data === null || typeof data !== "object";
  if (isWhole || (data[Symbol.asyncIterator] === undefined && data[Symbol.iterator] === undefined)) {
    calls.writeFile(file, data, options);
    return;
  }
  const { encoding, flag, mode } = typeof options === "string" ? { encoding: options } : (options ?? {});
  const fd = typeof file === "number" ? file : calls.open(file, flag ?? "w", mode);
  try {
    for await (const piece of data) calls.write(fd, typeof piece === "string" ? Buffer.from(piece, encoding) : piece);
  } finally {
    if (fd !== file) calls.close(fd);
  }
}
