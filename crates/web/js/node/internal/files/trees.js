// Calls on paths: what lies where, and how it is made, moved and removed.
import { directoryAt, nodeAt, pathOf, placeFor, walk, FOLLOW, STAY } from "./paths.js";
import { Dirent, statfsOf, statsOf } from "./stats.js";
import { Directory, File, Link } from "./nodes.js";
import { asName, modeOf, optionsOf, requireBooleans, timeOf } from "./given.js";
import { constants } from "./constants.js";
import { calling, refuse, systemError } from "./errors.js";
import { contentOf, requireOwner, setMode, setTimes } from "./open-files.js";
import { error } from "../errors.js";
import { native } from "../../../native.js";
import { requireFunction, requireInteger } from "../validate.js";

const { COPYFILE_EXCL, W_OK } = constants;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

const on = (syscall, given, work) => {
  const path = pathOf(given);
  return calling(syscall, () => work(path), path);
};

// --- Looking -----------------------------------------------------------------------------------------------------

export function access(path, mode = undefined) {
  if (mode !== undefined) requireInteger(mode, "mode", 0, 7);
  on("access", path, (at) => {
    const node = nodeAt(at);
    if ((mode & W_OK) !== 0 && !node.isWritable) throw refuse("EROFS");
  });
}

export function exists(path) {
  try {
    access(path);
    return true;
  } catch {
    return false;
  }
}

function look(syscall, path, options, end) {
  const given = optionsOf(options);
  requireBooleans(given, "bigint", "throwIfNoEntry");
  try {
    return on(syscall, path, (at) => statsOf(nodeAt(at, end), given));
  } catch (error) {
    if (given.throwIfNoEntry === false && (error.code === "ENOENT" || error.code === "ENOTDIR")) return undefined;
    throw error;
  }
}

export const stat = (path, options = {}) => look("stat", path, options, FOLLOW);
export const lstat = (path, options = {}) => look("lstat", path, options, STAY);

export function statfs(path, options = {}) {
  const given = optionsOf(options);
  requireBooleans(given, "bigint");
  return on("statfs", path, (at) => {
    nodeAt(at);
    return statfsOf(given);
  });
}

export function realpath(path, options = {}) {
  const { encoding } = optionsOf(options);
  return on("lstat", path, (at) => {
    const found = walk(at);
    if (found.node === undefined) throw refuse("ENOENT");
    return asName(found.path, encoding);
  });
}

export function readlink(path, options = {}) {
  const { encoding } = optionsOf(options);
  return on("readlink", path, (at) => {
    const node = nodeAt(at, STAY);
    if (!(node instanceof Link)) throw refuse("EINVAL");
    return asName(node.target, encoding);
  });
}

/** The entries of a directory, and with `recursive` those below it. */
export function readdir(path, options = {}) {
  const given = optionsOf(options);
  requireBooleans(given, "withFileTypes", "recursive");
  const { encoding, withFileTypes, recursive } = given;
  return on("scandir", path, (at) => {
    const found = [];
    const waiting = [{ directory: directoryAt(at), below: "" }];
    // Not by calling itself: directories may be deep.
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { directory, below } = next;
      for (const name of directory.names().sort()) {
        const node = directory.get(name);
        const parent = below === "" ? at : `${at.replace(/\/+$/, "")}/${below}`;
        found.push(withFileTypes ? new Dirent(asName(name, encoding), parent, node.mode) : asName(below === "" ? name : `${below}/${name}`, encoding));
        if (recursive && node instanceof Directory) waiting.push({ directory: node, below: below === "" ? name : `${below}/${name}` });
      }
    }
    return found;
  });
}

// --- Making ------------------------------------------------------------------------------------------------------

/** Makes a directory; with `recursive` those that lead to it, and then gives the first that it has made. */
export function mkdir(path, options = undefined) {
  const { recursive = false, mode } = typeof options === "number" || typeof options === "string" ? { mode: options } : (options ?? {});
  requireBooleans({ recursive }, "recursive");
  const bits = modeOf(mode, "mode", 0o777) & ~0o22;
  return on("mkdir", path, (at) => (recursive ? makeAll(at, bits) : makeOne(at, bits)));
}

function makeOne(path, mode) {
  const { directory, name } = placeFor(path);
  directory.put(name, new Directory(mode).born());
}

function makeAll(path, mode) {
  let first;
  // Each beginning of the path that ends with a name.
  for (const match of path.matchAll(/[^/]+/g)) {
    const part = path.slice(0, match.index + match[0].length);
    const found = walk(part);
    if (found.node instanceof Directory) continue;
    if (found.node !== undefined) throw refuse(part === path ? "EEXIST" : "ENOTDIR");
    found.directory.put(found.name, new Directory(mode).born());
    first ??= found.path;
  }
  return first;
}

export function mkdtemp(prefix, options = {}) {
  const { encoding } = optionsOf(options);
  const begin = pathOf(prefix, "prefix");
  const bytes = new Uint8Array(6);
  native.randomBytes(bytes);
  const path = begin + Array.from(bytes, (byte) => LETTERS[byte % LETTERS.length]).join("");
  calling("mkdtemp", () => makeOne(path, 0o700), begin + "X".repeat(6));
  return asName(path, encoding);
}

export function symlink(target, path, type = undefined) {
  if (type !== undefined && type !== null && !["dir", "file", "junction"].includes(type)) {
    throw error("ERR_FS_INVALID_SYMLINK_TYPE", `Symlink type must be one of "dir", "file", or "junction". Received "${type}"`);
  }
  const [to, at] = [pathOf(target, "target"), pathOf(path)];
  calling("symlink", () => {
    const place = placeFor(at);
    if (place.isDirectory) throw refuse("ENOENT");
    place.directory.put(place.name, new Link(to).born());
  }, to, at);
}

export function link(existingPath, newPath) {
  const [from, to] = [pathOf(existingPath, "existingPath"), pathOf(newPath, "newPath")];
  calling("link", () => {
    const node = nodeAt(from, STAY);
    if (node instanceof Directory) throw refuse("EPERM");
    const place = placeFor(to);
    place.directory.put(place.name, node);
    node.links++;
  }, from, to);
}

// --- Changing ----------------------------------------------------------------------------------------------------

function changeMode(syscall, path, mode, end) {
  const bits = modeOf(mode);
  on(syscall, path, (at) => setMode(nodeAt(at, end), bits));
}

export const chmod = (path, mode) => changeMode("chmod", path, mode, FOLLOW);
export const lchmod = (path, mode) => changeMode("lchmod", path, mode, STAY);

// Everything is the worker's own, and stays it.
function changeOwner(syscall, path, uid, gid, end) {
  requireOwner(uid, gid);
  on(syscall, path, (at) => nodeAt(at, end).requireWritable());
}

export const chown = (path, uid, gid) => changeOwner("chown", path, uid, gid, FOLLOW);
export const lchown = (path, uid, gid) => changeOwner("lchown", path, uid, gid, STAY);

function changeTimes(syscall, path, atime, mtime, end) {
  const [accessed, modified] = [timeOf(atime, "atime"), timeOf(mtime, "mtime")];
  on(syscall, path, (at) => setTimes(nodeAt(at, end), accessed, modified));
}

export const utimes = (path, atime, mtime) => changeTimes("utime", path, atime, mtime, FOLLOW);
export const lutimes = (path, atime, mtime) => changeTimes("lutime", path, atime, mtime, STAY);

export function truncate(path, length = 0) {
  requireInteger(length ?? 0, "len");
  on("open", path, (at) => {
    const node = nodeAt(at);
    if (node instanceof Directory) throw refuse("EISDIR");
    node.requireWritable();
    node.truncate(Math.max(0, length ?? 0));
  });
}

// --- Moving and removing -----------------------------------------------------------------------------------------

export function rename(oldPath, newPath) {
  const [from, to] = [pathOf(oldPath, "oldPath"), pathOf(newPath, "newPath")];
  calling("rename", () => {
    const source = walk(from, STAY);
    if (source.node === undefined) throw refuse("ENOENT");
    const target = walk(to, STAY);
    if (source.directory === undefined || target.directory === undefined) throw refuse("EINVAL");
    if (target.node === source.node) return;
    if (`${target.path}/`.startsWith(`${source.path}/`)) throw refuse("EINVAL");
    requireReplaceable(source.node, target.node);
    source.directory.requireWritable();
    target.directory.put(target.name, source.node);
    source.directory.remove(source.name);
  }, from, to);
}

function requireReplaceable(source, target) {
  if (target === undefined) return;
  if (source instanceof Directory) {
    if (!(target instanceof Directory)) throw refuse("ENOTDIR");
    if (target.names().length > 0) throw refuse("ENOTEMPTY");
  } else if (target instanceof Directory) throw refuse("EISDIR");
}

export function unlink(path) {
  on("unlink", path, (at) => {
    const found = walk(at, STAY);
    if (found.node === undefined) throw refuse("ENOENT");
    if (found.node instanceof Directory) throw refuse("EISDIR");
    removeEntry(found);
  });
}

function removeEntry({ directory, name, node }) {
  directory.remove(name);
  node.links--;
}

export function rmdir(path, options = {}) {
  const { recursive } = options ?? {};
  if (recursive) return rm(path, { recursive });
  return on("rmdir", path, (at) => {
    const found = walk(at, STAY);
    if (found.node === undefined) throw refuse("ENOENT");
    if (!(found.node instanceof Directory)) throw refuse("ENOTDIR");
    if (found.directory === undefined) throw refuse("EPERM");
    if (found.node.names().length > 0) throw refuse("ENOTEMPTY");
    removeEntry(found);
  });
}

export function rm(path, options = {}) {
  const given = options ?? {};
  requireBooleans(given, "force", "recursive");
  const { force = false, recursive = false } = given;
  return on("rm", path, (at) => {
    const found = walkUnlessMissing(at);
    if (found?.node === undefined) {
      if (force) return;
      throw systemError("ENOENT", "lstat", at);
    }
    if (found.node instanceof Directory && !recursive) throw systemErrorOfDirectory(at);
    if (found.directory === undefined) throw refuse("EPERM");
    // What hangs below it goes with it.
    removeEntry(found);
  });
}

function walkUnlessMissing(path) {
  try {
    return walk(path, STAY);
  } catch (refusal) {
    if (refusal.code === "ENOENT") return undefined;
    throw refusal;
  }
}

function systemErrorOfDirectory(path) {
  const error = systemError("EISDIR", "rm", path);
  error.errno = 21;
  error.code = "ERR_FS_EISDIR";
  error.name = "SystemError";
  error.message = `Path is a directory: rm returned EISDIR (is a directory) ${path}`;
  return error;
}

// --- Copying -----------------------------------------------------------------------------------------------------

export function copyFile(source, destination, mode = 0) {
  const [from, to] = [pathOf(source, "src"), pathOf(destination, "dest")];
  requireInteger(mode ?? 0, "mode", 0, 7);
  calling("copyfile", () => copyOne(nodeAt(from), to, (mode & COPYFILE_EXCL) !== 0), from, to);
}

function copyOne(node, to, isExclusive) {
  const content = contentOf(node);
  const found = walk(to);
  if (found.node !== undefined) {
    if (isExclusive) throw refuse("EEXIST");
    if (found.node instanceof Directory) throw refuse("EISDIR");
    if (found.node === node) return;
    found.node.requireWritable();
    found.node.truncate(0);
    found.node.write(0, content);
    return;
  }
  const file = new File(node.mode & 0o777).born();
  file.write(0, content);
  found.directory.put(found.name, file);
}

/** Copies a file, or with `recursive` a directory and what is in it. */
export function cp(source, destination, options = {}) {
  const given = options ?? {};
  requireBooleans(given, "recursive", "force", "errorOnExist", "dereference", "preserveTimestamps");
  if (given.filter !== undefined) requireFunction(given.filter, "options.filter");
  const waiting = [[pathOf(source, "src"), pathOf(destination, "dest")]];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [from, to] = next;
    if (given.filter !== undefined && !given.filter(from, to)) continue;
    calling("cp", () => copyAny(from, to, given), from, to);
    const node = nodeAt(from, STAY);
    if (node instanceof Directory) for (const name of node.names()) waiting.push([`${from}/${name}`, `${to}/${name}`]);
  }
}

function copyAny(from, to, { recursive = false, force = true, errorOnExist = false, dereference = false, preserveTimestamps = false }) {
  const source = walk(from, dereference ? FOLLOW : STAY);
  const { node } = source;
  if (node === undefined) throw refuse("ENOENT");
  const target = walk(to);
  if (node instanceof Directory) {
    if (!recursive) throw systemErrorOfDirectory(from);
    if (`${target.path}/`.startsWith(`${source.path}/`)) throw refuse("EINVAL");
    if (target.node === undefined) target.directory.put(target.name, new Directory(node.mode & 0o777).born());
    else if (!(target.node instanceof Directory)) throw refuse("ENOTDIR");
    return;
  }
  if (target.node !== undefined && !force) {
    if (errorOnExist) throw refuse("EEXIST");
    return;
  }
  if (node instanceof Link) {
    if (target.node !== undefined) throw refuse("EEXIST");
    target.directory.put(target.name, new Link(node.target).born());
    return;
  }
  copyOne(node, to, false);
  if (preserveTimestamps) setTimes(nodeAt(to), node.accessedMs, node.modifiedMs);
}
