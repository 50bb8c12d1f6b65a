// From a path to what lies there.
import { Buffer } from "../../buffer.js";
import { invalidType, invalidValue, typeError } from "../errors.js";
import { Directory, Link } from "./nodes.js";
import process from "../../process.js";
import { refuse } from "./errors.js";
import { root } from "./stores.js";

const PATH_LENGTH_MAX = 4096;
const NAME_LENGTH_MAX = 255;
const LINKS_MAX = 40;
// Deeper ones cannot be named by any path, so that nothing that goes down has to ask how deep it is.
const DEPTH_MAX = PATH_LENGTH_MAX / 2;

/** A path that was given as a text, as bytes, or as a URL. */
export function pathOf(value, name = "path") {
  const path = asText(value, name);
  if (path.includes("\u0000")) throw invalidValue(name, value, "must be a string, Uint8Array, or URL without null bytes");
  return path;
}

function asText(value, name) {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
  if (!(value instanceof URL)) throw invalidType(name, "of type string or an instance of Buffer or URL", value);
  if (value.protocol !== "file:") throw typeError("ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
  if (value.hostname !== "") throw typeError("ERR_INVALID_FILE_URL_HOST", 'File URL host must be "localhost" or empty on linux');
  if (/%2f/i.test(value.pathname)) throw typeError("ERR_INVALID_FILE_URL_PATH", "File URL path must not include encoded / characters");
  return decodeURIComponent(value.pathname);
}

/** What is done about a symbolic link that a path ends with. */
export const FOLLOW = 1;
export const STAY = 2;

/**
 * Walks along a path. Gives the node that lies there, if there is one, with the directory that it is in, its name, and the path
 * without links; throws if the way there is none.
 */
export function walk(path, end = FOLLOW) {
  if (path === "") throw refuse("ENOENT");
  const rest = partsOf(path);
  const directories = [root];
  const names = [];
  let links = 0;
  if (path[0] !== "/") rest.push(...partsOf(process.cwd()));
  while (rest.length > 0) {
    const name = rest.pop();
    const directory = directories.at(-1);
    if (!(directory instanceof Directory)) throw refuse("ENOTDIR");
    if (name === "" || name === ".") continue;
    if (name === "..") {
      if (names.pop() !== undefined) directories.pop();
      continue;
    }
    if (name.length > NAME_LENGTH_MAX) throw refuse("ENAMETOOLONG");
    const node = directory.get(name);
    const isLast = rest.length === 0;
    if (node === undefined) {
      // `mkdir("/tmp/new/")` names what is not there yet.
      if (rest.every((part) => part === "")) return { node, directory, name, path: textOf([...names, name]), isDirectory: !isLast };
      throw refuse("ENOENT");
    }
    if (node instanceof Link && (!isLast || end === FOLLOW)) {
      if (++links > LINKS_MAX) throw refuse("ELOOP");
      rest.push(...partsOf(node.target));
      if (node.target[0] === "/") {
        directories.length = 1;
        names.length = 0;
      }
      continue;
    }
    if (directories.length > DEPTH_MAX) throw refuse("ENAMETOOLONG");
    directories.push(node);
    names.push(name);
  }
  return { node: directories.at(-1), directory: directories.at(-2), name: names.at(-1), path: textOf(names), isDirectory: false };
}

// The last one first.
function partsOf(path) {
  if (path.length > PATH_LENGTH_MAX) throw refuse("ENAMETOOLONG");
  return path.split("/").reverse();
}

const textOf = (names) => `/${names.join("/")}`;

/** What lies at a path. */
export function nodeAt(path, end = FOLLOW) {
  const { node } = walk(path, end);
  if (node === undefined) throw refuse("ENOENT");
  return node;
}

/** The directory at a path. */
export function directoryAt(path) {
  const node = nodeAt(path);
  if (!(node instanceof Directory)) throw refuse("ENOTDIR");
  return node;
}

/** Where something new is to be made; throws if something is there already. */
export function placeFor(path) {
  const found = walk(path, STAY);
  if (found.node !== undefined) throw refuse("EEXIST");
  return found;
}
