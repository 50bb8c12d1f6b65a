// Paths with slashes. The working directory is the root.
import { endingOf, formatted, lastName, matchesGlob, requirePath, requireSuffix, withoutDots } from "./path-shared.js";
import { requireString } from "./validate.js";

const isSlash = (character) => character === "/";

export const posix = {
  sep: "/",
  delimiter: ":",
  resolve(...paths) {
    let path = "";
    for (let i = paths.length - 1; i >= 0 && !path.startsWith("/"); i--) {
      requireString(paths[i], `paths[${i}]`);
      if (paths[i] !== "") path = path === "" ? paths[i] : `${paths[i]}/${path}`;
    }
    return `/${withoutDots(path, isSlash, "/", false)}`;
  },
  normalize(path) {
    requirePath(path);
    if (path === "") return ".";
    const isAbsolute = path.startsWith("/");
    let normal = withoutDots(path, isSlash, "/", !isAbsolute);
    if (normal === "") return isAbsolute ? "/" : path.endsWith("/") ? "./" : ".";
    if (path.endsWith("/")) normal += "/";
    return isAbsolute ? `/${normal}` : normal;
  },
  isAbsolute(path) {
    requirePath(path);
    return path.startsWith("/");
  },
  join(...paths) {
    for (const path of paths) requirePath(path);
    const joined = paths.filter((path) => path !== "").join("/");
    return joined === "" ? "." : posix.normalize(joined);
  },
  relative(from, to) {
    requireString(from, "from");
    requireString(to, "to");
    if (from === to) return "";
    const source = posix.resolve(from).split("/").filter(Boolean);
    const target = posix.resolve(to).split("/").filter(Boolean);
    let shared = 0;
    while (shared < source.length && shared < target.length && source[shared] === target[shared]) shared++;
    return [...source.slice(shared).map(() => ".."), ...target.slice(shared)].join("/");
  },
  toNamespacedPath(path) {
    return path;
  },
  dirname(path) {
    requirePath(path);
    if (path === "") return ".";
    let end = path.length;
    while (end > 1 && path[end - 1] === "/") end--;
    while (end > 0 && path[end - 1] !== "/") end--;
    if (end === 0) return path.startsWith("/") ? "/" : ".";
    // The slash before the name goes, but for a root's.
    end--;
    if (end === 0) return "/";
    return end === 1 && path.startsWith("/") ? "//" : path.slice(0, end);
  },
  basename(path, suffix = undefined) {
    requireSuffix(suffix);
    requirePath(path);
    return lastName(path, 0, isSlash, suffix);
  },
  extname(path) {
    requirePath(path);
    return endingOf(lastName(path, 0, isSlash));
  },
  format: formatted.bind(null, "/"),
  parse(path) {
    requirePath(path);
    const root = path.startsWith("/") ? "/" : "";
    const base = lastName(path, root.length, isSlash);
    const ext = endingOf(base);
    let end = path.length;
    while (end > root.length && path[end - 1] === "/") end--;
    end -= base.length;
    const dir = end > root.length ? path.slice(0, end - 1) : root;
    return { root, dir, base, ext, name: ext === "" ? base : base.slice(0, -ext.length) };
  },
  matchesGlob,
  win32: null,
  posix: null,
};
posix._makeLong = posix.toNamespacedPath;
