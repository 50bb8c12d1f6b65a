// `node:fs`: the files of internal/files/stores.js.
import { ReadStream, WriteStream } from "./internal/files/streams.js";
import { Dirent, Stats } from "./internal/files/stats.js";
import { calls, later, named, withCallback } from "./internal/files/calls.js";
import { Blob } from "./buffer.js";
import { Dir } from "./internal/files/directory.js";
import { constants } from "./internal/files/constants.js";
import { notImplemented } from "./internal/errors.js";
import promises from "./fs/promises.js";
import { requireFunction } from "./internal/validate.js";

const SIMPLE =
  "access appendFile chmod chown close copyFile cp fchmod fchown fdatasync fstat fsync ftruncate futimes lchmod lchown link lstat lutimes mkdir mkdtemp " +
  "open readFile readdir readlink realpath rename rm rmdir stat statfs symlink truncate unlink utimes writeFile";
// Their callbacks get what was worked on, too.
const ON_BUFFERS = "read readv write writev";

const members = {};
for (const name of SIMPLE.split(" ")) {
  members[name] = withCallback(name, calls[name]);
  members[`${name}Sync`] = named(`${name}Sync`, (...args) => calls[name](...args));
}
for (const name of ON_BUFFERS.split(" ")) {
  members[name] = withCallback(name, calls[name], (count, args) => [count, args[1]]);
  members[`${name}Sync`] = named(`${name}Sync`, (...args) => calls[name](...args));
}
members.realpath.native = members.realpath;
members.realpathSync.native = members.realpathSync;

Object.assign(members, {
  Dir,
  Dirent,
  FileReadStream: ReadStream,
  FileWriteStream: WriteStream,
  ReadStream,
  Stats,
  WriteStream,
  F_OK: constants.F_OK,
  R_OK: constants.R_OK,
  W_OK: constants.W_OK,
  X_OK: constants.X_OK,
  constants,
  createReadStream: (path, options = undefined) => new ReadStream(path, options),
  createWriteStream: (path, options = undefined) => new WriteStream(path, options),
  exists(path, callback) {
    requireFunction(callback, "cb");
    later(callback, calls.exists(path));
  },
  existsSync: (path) => calls.exists(path),
  async openAsBlob(path, options = {}) {
    return new Blob([calls.readFile(path)], { type: options?.type ?? "" });
  },
  opendir: withCallback("opendir", (path, options = undefined) => new Dir(path, options)),
  opendirSync: (path, options = undefined) => new Dir(path, options),
  promises,
  unwatchFile() {},
});
// Nobody but the worker itself changes its files.
for (const name of ["glob", "globSync", "watch", "watchFile"]) {
  members[name] = named(name, () => {
    throw notImplemented("fs", name);
  });
}

// What `promisify` makes of those whose callbacks get more than one result.
const promisified = Symbol.for("nodejs.util.promisify.custom");
const PAIRS = { read: "bytesRead", readv: "bytesRead", write: "bytesWritten", writev: "bytesWritten" };
for (const name in PAIRS) {
  members[name][promisified] = async (...args) => ({ [PAIRS[name]]: calls[name](...args), [name.endsWith("v") ? "buffers" : "buffer"]: args[1] });
}
members.exists[promisified] = async (path) => calls.exists(path);

export const {
  access, accessSync, appendFile, appendFileSync, chmod, chmodSync, chown, chownSync, close, closeSync, copyFile, copyFileSync, cp, cpSync,
  createReadStream, createWriteStream, exists, existsSync, F_OK, fchmod, fchmodSync, fchown, fchownSync, fdatasync, fdatasyncSync, fstat, fstatSync, fsync,
  fsyncSync, ftruncate, ftruncateSync, futimes, futimesSync, glob, globSync, lchmod, lchmodSync, lchown, lchownSync, link, linkSync, lstat, lstatSync, lutimes,
  lutimesSync, mkdir, mkdirSync, mkdtemp, mkdtempSync, open, openAsBlob, openSync, opendir, opendirSync, R_OK, read, readFile, readFileSync, readSync, readdir,
  readdirSync, readlink, readlinkSync, readv, readvSync, realpath, realpathSync, rename, renameSync, rm, rmSync, rmdir, rmdirSync, stat, statSync, statfs,
  statfsSync, symlink, symlinkSync, truncate, truncateSync, unlink, unlinkSync, unwatchFile, utimes, utimesSync, W_OK, watch, watchFile, write, writeFile,
  writeFileSync, writeSync, writev, writevSync, X_OK,
} = members;
export { Dir, Dirent, ReadStream as FileReadStream, WriteStream as FileWriteStream, ReadStream, Stats, WriteStream, constants, promises };
export default members;
