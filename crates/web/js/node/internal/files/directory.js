// Dir: a directory that is read entry by entry.
import { calls, later } from "./calls.js";
import { error } from "../errors.js";
import { pathOf } from "./paths.js";

export class Dir {
  #path;
  #entries;
  #at = 0;
  #isClosed = false;

  constructor(path, options = undefined) {
    this.#path = pathOf(path);
    this.#entries = calls.readdir(path, { ...(typeof options === "string" ? { encoding: options } : options), withFileTypes: true });
  }

  get path() {
    return this.#path;
  }

  #requireOpen() {
    if (this.#isClosed) throw error("ERR_DIR_CLOSED", "Directory handle was closed");
  }

  readSync() {
    this.#requireOpen();
    return this.#entries[this.#at++] ?? null;
  }

  read(callback = undefined) {
    if (callback === undefined) return (async () => this.readSync())();
    this.#requireOpen();
    later(callback, null, this.readSync());
    return undefined;
  }

  closeSync() {
    this.#requireOpen();
    this.#isClosed = true;
  }

  close(callback = undefined) {
    if (callback === undefined) return (async () => this.closeSync())();
    this.closeSync();
    later(callback, null);
    return undefined;
  }

  async *entries() {
    try {
      for (let entry = this.readSync(); entry !== null; entry = this.readSync()) yield entry;
    } finally {
      if (!this.#isClosed) this.closeSync();
    }
  }

  [Symbol.asyncIterator]() {
    return this.entries();
  }

  [Symbol.dispose]() {
    if (!this.#isClosed) this.closeSync();
  }

  async [Symbol.asyncDispose]() {
    if (!this.#isClosed) this.closeSync();
  }
}
