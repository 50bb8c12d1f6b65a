// Paths with backslashes, drives and shares. The working directory is the root of no drive.
import { endingOf, formatted, lastName, matchesGlob, requirePath, requireSuffix, withoutDots } from "./path-shared.js";
import { requireString } from "./validate.js";

const isSlash = (character) => character === "/" || character === "\\";
const isLetter = (character) => /^[a-z]$/i.test(character ?? "");

// The device (a drive, or a share), how long it is together with the root, and whether there is a root behind it.
function rootOf(path) {
  if (isSlash(path[0])) {
    const share = /^[\\/]{2}([^\\/]+)[\\/]+([^\\/]+)/.exec(path);
    if (share === null) return { device: "", end: 1, isAbsolute: true };
    const end = share[0].length;
    const isWhole = end === path.length;
    return { device: `\\\\${share[1]}\\${share[2]}`, end: isWhole ? end : end + 1, isAbsolute: true };
  }
  if (isLetter(path[0]) && path[1] === ":") {
    const isAbsolute = path.length > 2 && isSlash(path[2]);
    return { device: path.slice(0, 2), end: isAbsolute ? 3 : 2, isAbsolute };
  }
  return { device: "", end: 0, isAbsolute: false };
}

// What was relative must not become what Windows takes for a drive.
function mightNameDevice(path, tail) {
  if (!path.includes(":")) return false;
  return (isLetter(tail[0]) && tail[1] === ":") || /:(?:$|[\\/])/.test(path);
}

export const win32 = {
  sep: "\\",
  delimiter: ";",
  resolve(...paths) {
    let device = "";
    let tail = "";
    let isAbsolute = false;
    for (let i = paths.length - 1; i >= -1 && !(isAbsolute && device !== ""); i--) {
      const path = i === -1 ? "\\" : paths[i];
      if (i >= 0) requireString(path, `paths[${i}]`);
      if (path === "") continue;
      const root = rootOf(path);
      if (root.device !== "") {
        if (device === "") device = root.device;
        else if (device.toLowerCase() !== root.device.toLowerCase()) continue;
      }
      if (isAbsolute) continue;
      const rest = path.slice(root.end);
      tail = tail === "" ? rest : `${rest}\\${tail}`;
      isAbsolute = root.isAbsolute;
    }
    const normal = withoutDots(tail, isSlash, "\\", !isAbsolute);
    return (isAbsolute ? `${device}\\${normal}` : `${device}${normal}`) || ".";
  },
  normalize(path) {
    requirePath(path);
    if (path === "") return ".";
    const { device, end, isAbsolute } = rootOf(path);
    const isShare = device.startsWith("\\\\");
    if (isShare && end === path.length && !isSlash(path.at(-1))) return `${device}\\`;
    let tail = withoutDots(path.slice(end), isSlash, "\\", !isAbsolute);
    if (tail === "" && !isAbsolute) tail = ".";
    if (tail !== "" && isSlash(path.at(-1))) tail += "\\";
    if (!isAbsolute && device === "" && mightNameDevice(path, tail)) return `.\\${tail}`;
    return isAbsolute ? `${device}\\${tail}` : `${device}${tail}`;
  },
  isAbsolute(path) {
    requirePath(path);
    return path !== "" && (isSlash(path[0]) || (isLetter(path[0]) && path[1] === ":" && isSlash(path[2])));
  },
  join(...paths) {
    for (const path of paths) requirePath(path);
    const given = paths.filter((path) => path !== "");
    if (given.length === 0) return ".";
    let joined = given.join("\\");
    // Two slashes that only come of joining are not the beginning of a share.
    const isShare = /^[\\/]{2}[^\\/]/.test(given[0]) && (given[0].length > 2 || given.length > 1);
    if (!isShare) joined = joined.replace(/^[\\/]{2,}/, "\\");
    return win32.normalize(joined);
  },
  relative(from, to) {
    requireString(from, "from");
    requireString(to, "to");
    if (from === to) return "";
    const [source, target] = [win32.resolve(from), win32.resolve(to)];
    if (source.toLowerCase() === target.toLowerCase()) return "";
    const parts = (path) => path.split("\\").filter(Boolean);
    const [sources, targets] = [parts(source), parts(target)];
    let shared = 0;
    while (shared < sources.length && shared < targets.length && sources[shared].toLowerCase() === targets[shared].toLowerCase()) shared++;
    if (shared === 0 && sources.length > 0 && sources[0].includes(":") !== (targets[0] ?? "").includes(":")) return target;
    if (shared === 0 && /^[a-z]:/i.test(source)) return target;
    return [...sources.slice(shared).map(() => ".."), ...targets.slice(shared)].join("\\");
  },
  toNamespacedPath(path) {
    if (typeof path !== "string" || path === "") return path;
    const resolved = win32.resolve(path);
    if (resolved.length <= 2) return path;
    if (resolved.startsWith("\\\\") && resolved[2] !== "?" && resolved[2] !== ".") return `\\\\?\\UNC\\${resolved.slice(2)}`;
    return /^[a-z]:\\/i.test(resolved) ? `\\\\?\\${resolved}` : path;
  },
  dirname(path) {
    requirePath(path);
    if (path === "") return ".";
    const { device, end: rootEnd, isAbsolute } = rootOf(path);
    if (path.length === 1) return isSlash(path) ? path : ".";
    if (device.startsWith("\\\\") && rootEnd >= path.length) return path;
    let end = path.length;
    while (end > rootEnd && isSlash(path[end - 1])) end--;
    while (end > rootEnd && !isSlash(path[end - 1])) end--;
    if (end > rootEnd) end--;
    if (end > rootEnd) return path.slice(0, end);
    return rootEnd === 0 && !isAbsolute ? "." : path.slice(0, rootEnd);
  },
  basename(path, suffix = undefined) {
    requireSuffix(suffix);
    requirePath(path);
    const start = isLetter(path[0]) && path[1] === ":" ? 2 : 0;
    return lastName(path, start, isSlash, suffix);
  },
  extname(path) {
    requirePath(path);
    return endingOf(win32.basename(path));
  },
  format: formatted.bind(null, "\\"),
  parse(path) {
    requirePath(path);
    const { end: rootEnd } = rootOf(path);
    const root = path.slice(0, rootEnd);
    const base = lastName(path, rootEnd, isSlash);
    const ext = endingOf(base);
    let end = path.length;
    while (end > rootEnd && isSlash(path[end - 1])) end--;
    end -= base.length;
    const dir = end > rootEnd ? path.slice(0, end - 1) : root;
    return { root, dir, base, ext, name: ext === "" ? base : base.slice(0, -ext.length) };
  },
  matchesGlob,
  win32: null,
  posix: null,
};
win32._makeLong = win32.toNamespacedPath;
