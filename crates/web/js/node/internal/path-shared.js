// What paths of both kinds have in common.
import { invalidType, notImplemented } from "./errors.js";
import { requireObject, requireString } from "./validate.js";

/** Takes `.` and `..` out of a path without a root; what leads above it stays only if `mayLeave`. */
export function withoutDots(path, isSeparator, separator, mayLeave) {
  const parts = [];
  let start = 0;
  for (let i = 0; i <= path.length; i++) {
    if (i < path.length && !isSeparator(path[i])) continue;
    const part = path.slice(start, i);
    start = i + 1;
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (mayLeave) parts.push("..");
  }
  return parts.join(separator);
}

/** The last name of a path, without what the root takes. */
export function lastName(path, start, isSeparator, suffix) {
  let end = path.length;
  while (end > start && isSeparator(path[end - 1])) end--;
  let begin = end;
  while (begin > start && !isSeparator(path[begin - 1])) begin--;
  const name = path.slice(begin, end);
  if (suffix === undefined || suffix === "") return name;
  // As Node has it: a path of nothing but slashes is its own name if somebody asks for a suffix.
  if (name === "") return suffix.length <= path.length && suffix !== path ? path.slice(start) : "";
  // A path that is its own suffix, as it was given, has no name left.
  if (suffix === path) return "";
  return name.endsWith(suffix) && name !== suffix ? name.slice(0, -suffix.length) : name;
}

/** Where the ending of a name begins; its length if it has none. */
export function endingOf(name) {
  const dot = name.lastIndexOf(".");
  // A dot at the beginning hides a file, and `..` is no name.
  return dot <= 0 || name === ".." ? "" : name.slice(dot);
}

export function formatted(separator, parts) {
  requireObject(parts, "pathObject");
  const folder = parts.dir || parts.root;
  const ending = parts.ext ? (parts.ext[0] === "." ? parts.ext : `.${parts.ext}`) : "";
  const base = parts.base || `${parts.name || ""}${ending}`;
  if (!folder) return base;
  return folder === parts.root ? `${folder}${base}` : `${folder}${separator}${base}`;
}

export function requireSuffix(suffix) {
  if (suffix !== undefined && typeof suffix !== "string") throw invalidType("suffix", "of type string", suffix);
}

export const requirePath = (path) => requireString(path, "path");

export function matchesGlob() {
  throw notImplemented("path", "matchesGlob");
}
