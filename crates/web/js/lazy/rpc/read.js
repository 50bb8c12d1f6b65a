// Values that another worker has sent (`write.js` says how). Whoever sent them may be hostile: what is no such message is
// refused with a TypeError, and nothing of it reaches a prototype.
import { DOMException } from "../../dom-exception.js";
import { createBlob } from "../../blob.js";
import { Headers } from "../../headers.js";
import { hide, viewOfShape } from "../structured-clone-leaves.js";
import { pairsOf, readableOfStub, requestOfParts, responseOfParts, writableOfStub } from "./carriers.js";
import { native } from "../../native.js";

const { defineProperty: define } = Object;
const { isArray } = Array;
const { isSafeInteger } = Number;
const NativeMap = Map;
const NativeSet = Set;
const NativeDate = Date;
const NativeRegExp = RegExp;
const NativeBigInt = BigInt;
const parse = JSON.parse;
const errors = { __proto__: null, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
const uncurry = (method) => Function.prototype.call.bind(method);
const mapSet = uncurry(Map.prototype.set);
const addTo = uncurry(Set.prototype.add);

const NOT_MADE = Symbol("not made");
const ARRAY_LENGTH_MAX = 2 ** 32 - 1;

/** What a stub is wanted for, where it is not the value itself. */
export const STREAM = "stream";

/** The value of a message. `importer(number, use)` gives the stub of what the other side keeps under the number. */
export function read(text, importer) {
  const message = parse(text);
  if (!isArray(message) || message.length !== 2 || !isArray(message[0])) throw broken();
  const [nodes, token] = message;
  return new Reader(nodes, importer).value(token);
}

class Reader {
  #nodes;
  #made = [];
  #importer;

  constructor(nodes, importer) {
    this.#nodes = nodes;
    this.#importer = importer;
    for (let i = 0; i < nodes.length; i++) this.#made[i] = NOT_MADE;
  }

  value(token) {
    if (!isArray(token)) {
      if (typeof token === "object" && token !== null) throw broken();
      return token;
    }
    const first = token[0];
    if (typeof first === "number") return this.#object(first);
    if (first === "u") return undefined;
    if (first === "N") return +token[1];
    if (first === "I" && typeof token[1] === "string") return NativeBigInt(token[1]);
    throw broken();
  }

  #object(index) {
    if (!isSafeInteger(index) || index < 0 || index >= this.#nodes.length) throw broken();
    const made = this.#made[index];
    if (made !== NOT_MADE) {
      // Only what can hold others may lie on the way to itself, and that is there before it is filled.
      if (made === undefined) throw broken();
      return made;
    }
    const node = this.#nodes[index];
    if (!isArray(node)) throw broken();
    this.#made[index] = undefined;
    return this.#make(node, index);
  }

  #make(node, index) {
    const keep = (object) => (this.#made[index] = object);
    switch (node[0]) {
      case "o":
        return this.#properties(node, keep({}));
      case "a":
        return this.#dense(node, keep([]));
      case "A":
        return this.#sparse(node, keep([]));
      case "m":
        return this.#map(node, keep(new NativeMap()));
      case "s":
        return this.#set(node, keep(new NativeSet()));
      case "e":
        return this.#error(node, keep);
      case "d":
        return keep(new NativeDate(this.value(node[1])));
      case "r":
        return keep(new NativeRegExp(text(node[1]), text(node[2])));
      case "b":
        return keep(bufferOf(node[1]));
      case "v":
        return keep(viewOfShape({ name: text(node[1]), buffer: this.value(node[2]), offset: node[3], length: node[4] }));
      case "h":
        return keep(new Headers(pairsOf(list(node[1]))));
      case "B":
        return keep(createBlob(bytesOf(node[2]), text(node[1])));
      case "f":
        return keep(this.#importer(node[1]));
      case "w":
        return keep(readableOfStub(this.#importer(node[1], STREAM)));
      case "W":
        return keep(writableOfStub(this.#importer(node[1], STREAM)));
      case "Q":
        return keep(requestOfParts(this.value(node[1])));
      case "R":
        return keep(responseOfParts(this.value(node[1])));
      default:
        throw broken();
    }
  }

  #properties(node, object) {
    for (let i = 1; i + 1 < node.length; i += 2) put(object, text(node[i]), this.value(node[i + 1]));
    return object;
  }

  #dense(node, array) {
    array.length = node.length - 1;
    for (let i = 1; i < node.length; i++) {
      const token = node[i];
      if (!(isArray(token) && token[0] === "-")) put(array, i - 1, this.value(token));
    }
    return array;
  }

  #sparse(node, array) {
    if (!isSafeInteger(node[1]) || node[1] < 0 || node[1] > ARRAY_LENGTH_MAX) throw broken();
    array.length = node[1];
    for (let i = 2; i + 1 < node.length; i += 2) {
      if (!isSafeInteger(node[i]) || node[i] < 0 || node[i] >= node[1]) throw broken();
      put(array, node[i], this.value(node[i + 1]));
    }
    return array;
  }

  #map(node, map) {
    for (let i = 1; i + 1 < node.length; i += 2) mapSet(map, this.value(node[i]), this.value(node[i + 1]));
    return map;
  }

  #set(node, set) {
    for (let i = 1; i < node.length; i++) addTo(set, this.value(node[i]));
    return set;
  }

  #error(node, keep) {
    const [, kind, name, message] = node;
    const error = kind === "D" ? new DOMException(text(message), text(name)) : new (errors[text(name)] ?? errors.Error)(text(message));
    if (kind !== "D" && errors[name] === undefined) hide(error, "name", name);
    // As on Workers: whoever catches it can tell that it was thrown elsewhere.
    hide(error, "remote", true);
    keep(error);
    if (node.length > 4) hide(error, "cause", this.value(node[4]));
    return error;
  }
}

// Only a key that the chain knows can have a setter there (such as `__proto__`), and defining is slow.
function put(object, key, value) {
  if (!(key in object)) object[key] = value;
  else define(object, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
}

function text(value) {
  if (typeof value !== "string") throw broken();
  return value;
}

function list(value) {
  if (!isArray(value)) throw broken();
  return value;
}

function bytesOf(value) {
  const bytes = native.base64UrlDecode(text(value));
  if (bytes === undefined) throw broken();
  return bytes;
}

const bufferOf = (value) => bytesOf(value).buffer;

export function broken() {
  return new TypeError("The other worker has sent what is no message of a remote call.");
}
