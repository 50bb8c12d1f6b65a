import path, { posix, win32 } from "node:path";
import posixAgain from "node:path/posix";

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name} ${error.code} ${error.message}`;
  }
};

// Paths that are put together of parts that matter.
const PARTS = ["", "/", "//", ".", "..", "a", "b.txt", ".hidden", "c.", "d..e", "/..", "./", "\\", "C:", "C:\\", "c:x"];
const PATHS = [...PARTS, ...PARTS.flatMap((one) => PARTS.map((other) => `${one}/${other}`)), ...PARTS.map((one) => `/x/${one}/y`), ...PARTS.map((one) => `${one}a/`), "//server/share/file", "\\\\server\\share\\a\\..\\b", "\\\\server\\share", "C:\\a\\b\\..\\c.txt", "C:a\\b", "\\a\\b", "a\\b\\"];

// Node takes "/.." apart into a name and an ending.
const parsed = (path, one) => (/[\\/]\.\.[\\/]*$/.test(one) ? undefined : path.parse(one));

export default {
  "posix, one path": () => PATHS.map((one) => [one, posix.normalize(one), posix.dirname(one), posix.basename(one), posix.extname(one), posix.isAbsolute(one), parsed(posix, one), posix.format(parsed(posix, one) ?? {}), posix.join(one), posix.resolve("/", one)]),
  "posix, two paths": () => PARTS.flatMap((one) => PARTS.map((other) => [one, other, posix.join(one, other), posix.resolve("/r", one, other), posix.relative(`/r/${one}`, `/r/${other}`), posix.basename(one, ".txt")])),
  "win32, one path": () => PATHS.map((one) => [one, win32.normalize(one), win32.dirname(one), win32.basename(one), win32.extname(one), win32.isAbsolute(one), parsed(win32, one), win32.join(one)]),
  "win32, two paths": () => ["a", "..", "C:\\x", "C:\\x\\y", "c:\\X\\z", "D:\\", "\\\\s\\t\\u", "/r"].flatMap((one) => ["b", "..\\c", "C:\\x\\q", "D:\\w", "\\\\s\\t\\v", ""].map((other) => [one, other, win32.join(one, other), win32.resolve("C:\\", one, other), win32.relative(win32.resolve("C:\\", one), win32.resolve("C:\\", other))])),
  "it is the posix one": () => [path === posix, posixAgain === posix, path.sep, path.delimiter, win32.sep, win32.delimiter, posix.win32 === win32],
  "format": () => [{}, { dir: "/a", base: "b" }, { root: "/", base: "b" }, { root: "/", name: "n", ext: "x" }, { dir: "/", root: "/", base: "b" }, { name: "n", ext: ".x" }].map((one) => [posix.format(one), win32.format(one)]),
  "what is no path": () => [null, 5, {}, undefined].flatMap((one) => ["normalize", "join", "resolve", "dirname", "basename", "extname", "parse", "format", "isAbsolute"].map((name) => attempt(() => posix[name](one)))).filter((one) => one.startsWith("TypeError")),
  "suffixes": () => [["a.txt", ".txt"], ["a.txt", "a.txt"], ["a.txt", "txt"], ["/x/a.txt/", ".txt"], ["aaa", "aa"], ["a", ""], [".txt", ".txt"]].map((args) => posix.basename(...args)),
};
