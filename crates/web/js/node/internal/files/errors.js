// What file systems say, as Node has it: `ENOENT: no such file or directory, open '/tmp/a'`.
const SAYINGS = {
  __proto__: null,
  EPERM: [1, "operation not permitted"],
  ENOENT: [2, "no such file or directory"],
  EBADF: [9, "bad file descriptor"],
  EEXIST: [17, "file already exists"],
  EXDEV: [18, "cross-device link not permitted"],
  ENOTDIR: [20, "not a directory"],
  EISDIR: [21, "illegal operation on a directory"],
  EINVAL: [22, "invalid argument"],
  EMFILE: [24, "too many open files"],
  EFBIG: [27, "file too large"],
  ENOSPC: [28, "no space left on device"],
  EROFS: [30, "read-only file system"],
  ENAMETOOLONG: [36, "name too long"],
  ENOSYS: [38, "function not implemented"],
  ENOTEMPTY: [39, "directory not empty"],
  ELOOP: [40, "too many symbolic links encountered"],
};

/** A refusal by the file system. Whoever calls the operation says which one it was (`named`). */
export class Refusal {
  constructor(code) {
    this.code = code;
  }
}

export const refuse = (code) => new Refusal(code);

/** The error for a refusal, of a call on one path or two. */
export function systemError(code, syscall, path = undefined, dest = undefined) {
  const [number, text] = SAYINGS[code];
  const where = (path === undefined ? "" : ` '${path}'`) + (dest === undefined ? "" : ` -> '${dest}'`);
  const error = new Error(`${code}: ${text}, ${syscall}${where}`);
  error.errno = -number;
  error.code = code;
  error.syscall = syscall;
  if (path !== undefined) error.path = path;
  if (dest !== undefined) error.dest = dest;
  return error;
}

/** Does the work of a call, whose refusals become errors. */
export function calling(syscall, work, path = undefined, dest = undefined) {
  try {
    return work();
  } catch (thrown) {
    throw thrown instanceof Refusal ? systemError(thrown.code, syscall, path, dest) : thrown;
  }
}

/** Whether an error is the file system's, and no mistake in the arguments. */
export const isSystemError = (error) => typeof error?.syscall === "string";
