// `node:fs/promises`.
import { calls, named, withPromise } from "../internal/files/calls.js";
import { FileHandle, writeAll } from "../internal/files/handle.js";
import { Dir } from "../internal/files/directory.js";
import { constants } from "../internal/files/constants.js";
import { notImplemented } from "../internal/errors.js";
import { pathOf } from "../internal/files/paths.js";

const NAMES =
  "access chmod chown copyFile cp lchmod lchown link lstat lutimes mkdir mkdtemp readdir readlink realpath rename rm rmdir stat statfs symlink truncate unlink utimes";

const members = {};
for (const name of NAMES.split(" ")) members[name] = withPromise(name, calls[name]);

// A file is named by a path, or is open already.
const fileOf = (file) => (file instanceof FileHandle ? file.fd : pathOf(file));

Object.assign(members, {
  async appendFile(file, data, options = undefined) {
    await writeAll(fileOf(file), data, { flag: "a", ...(typeof options === "string" ? { encoding: options } : options) });
  },
  async open(path, flags = undefined, mode = undefined) {
    return new FileHandle(calls.open(path, flags, mode));
  },
  async opendir(path, options = undefined) {
    return new Dir(path, options);
  },
  async readFile(file, options = undefined) {
    options?.signal?.throwIfAborted();
    return calls.readFile(fileOf(file), options);
  },
  async writeFile(file, data, options = undefined) {
    options?.signal?.throwIfAborted();
    await writeAll(fileOf(file), data, options);
  },
  FileHandle,
  constants,
});
for (const name of ["glob", "watch"]) {
  members[name] = named(name, () => {
    throw notImplemented("fs/promises", name);
  });
}

export const {
  access, appendFile, chmod, chown, copyFile, cp, glob, lchmod, lchown, link, lstat, lutimes, mkdir, mkdtemp, open, opendir, readFile, readdir, readlink,
  realpath, rename, rm, rmdir, stat, statfs, symlink, truncate, unlink, utimes, watch, writeFile,
} = members;
export { FileHandle, constants };
export default members;
