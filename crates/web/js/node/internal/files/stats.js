// What calls on files tell of them.
import { S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG } from "./nodes.js";

const S_IFMT = 0o170000;
const BLOCK_BYTES = 512;

// The members that say what it is.
const KINDS = {
  __proto__: null,
  isBlockDevice: -1,
  isCharacterDevice: S_IFCHR,
  isDirectory: S_IFDIR,
  isFIFO: -1,
  isFile: S_IFREG,
  isSocket: -1,
  isSymbolicLink: S_IFLNK,
};

function defineKinds(Class, modeOf) {
  for (const name in KINDS) {
    const method = { [name]() {
      return (Number(modeOf(this)) & S_IFMT) === KINDS[name];
    } }[name];
    Object.defineProperty(Class.prototype, name, { value: method, writable: true, enumerable: false, configurable: true });
  }
}

export class Stats {}
defineKinds(Stats, (stats) => stats.mode);

class BigIntStats {}
defineKinds(BigIntStats, (stats) => stats.mode);

function numbersOf(node) {
  return {
    dev: node.device,
    mode: node.mode,
    nlink: node.links,
    uid: 0,
    gid: 0,
    rdev: 0,
    blksize: 4096,
    ino: node.inode,
    size: node.size,
    blocks: Math.ceil(node.size / BLOCK_BYTES),
    atimeMs: node.accessedMs,
    mtimeMs: node.modifiedMs,
    ctimeMs: node.changedMs,
    birthtimeMs: node.bornMs,
  };
}

const timesOf = (node) => ({
  atime: new Date(node.accessedMs),
  mtime: new Date(node.modifiedMs),
  ctime: new Date(node.changedMs),
  birthtime: new Date(node.bornMs),
});

/** What `stat` gives of a node. */
export function statsOf(node, { bigint = false } = {}) {
  if (!bigint) return Object.assign(new Stats(), numbersOf(node), timesOf(node));
  const stats = new BigIntStats();
  const numbers = numbersOf(node);
  for (const name in numbers) stats[name] = BigInt(Math.floor(numbers[name]));
  for (const name of ["atime", "mtime", "ctime", "birthtime"]) stats[`${name}Ns`] = stats[`${name}Ms`] * 1_000_000n;
  return Object.assign(stats, timesOf(node));
}

/** What `statfs` gives: nothing is counted. */
export function statfsOf({ bigint = false } = {}) {
  const zero = bigint ? 0n : 0;
  return { type: zero, bsize: zero, blocks: zero, bfree: zero, bavail: zero, files: zero, ffree: zero };
}

export class Dirent {
  #mode;

  constructor(name, path, mode) {
    this.name = name;
    this.parentPath = path;
    this.#mode = mode;
  }

  get path() {
    return this.parentPath;
  }

  static {
    defineKinds(Dirent, (entry) => entry.#mode);
  }
}
