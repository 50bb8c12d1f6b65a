// `node:path`. Paths here are names like others: there is no file system behind them.
import { posix } from "./internal/path-posix.js";
import { win32 } from "./internal/path-win32.js";

posix.win32 = win32.win32 = win32;
posix.posix = win32.posix = posix;

export const { _makeLong, basename, delimiter, dirname, extname, format, isAbsolute, join, matchesGlob, normalize, parse, relative, resolve, sep, toNamespacedPath } = posix;
export { posix, win32 };
export default posix;
