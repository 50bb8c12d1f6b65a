// Values on their way to another worker. What structured cloning takes goes by value; functions, RpcTargets, stubs and
// streams stay where they are, and the other side gets a stub of each.
//
// A message is the JSON of `[nodes, token]`. A token is a string, a finite number, a boolean or null as itself, or a list:
// `["u"]` undefined, `["N", text]` another number, `["I", digits]` a BigInt, `[index]` the object at that place among the
// nodes. So an object that is met twice is sent once, and cycles hold.
import { DOMException, isDOMException } from "../../dom-exception.js";
import { blobType, bytesOfBlob, isBlob, isFile } from "../../blob.js";
import { className } from "../inspect/shape.js";
import { copyBuffer, flagsOf, shapeOfView } from "../structured-clone-leaves.js";
import { isHeaders, headerListOf } from "../../headers.js";
import { isReadableStream, isWritableStream } from "../streams/index.js";
import { isRequest } from "../../request.js";
import { isResponse } from "../../response.js";
import { isRpcTarget } from "./targets.js";
import { readableTarget, requestParts, responseParts, writableTarget } from "./carriers.js";
import * as kind from "../../kinds.js";
import { native } from "../../native.js";

const { keys: ownKeys, getPrototypeOf: prototypeOf, hasOwn } = Object;
const ObjectPrototype = Object.prototype;
const Bytes = Uint8Array;
const NativeMap = Map;
const NativeString = String;
const stringify = JSON.stringify;
const uncurry = (method) => Function.prototype.call.bind(method);
const mapGet = uncurry(Map.prototype.get);
const mapSet = uncurry(Map.prototype.set);
const mapForEach = uncurry(Map.prototype.forEach);
const setForEach = uncurry(Set.prototype.forEach);
const dateTime = uncurry(Date.prototype.getTime);
const regExpSource = uncurry(Object.getOwnPropertyDescriptor(RegExp.prototype, "source").get);
const push = uncurry(Array.prototype.push);

// What one message may have, as a WebSocket's.
const MESSAGE_LENGTH_MAX = 32 << 20;
// Longer arrays may be sparse, and are sent by the indices that they have.
const DENSE_LENGTH_MAX = 1 << 16;

/**
 * The message for a value. `exporter(target)` gives the number of a thing that stays here.
 */
export function write(value, exporter) {
  const writer = new Writer(exporter);
  const token = writer.token(value);
  const text = stringify([writer.nodes, token]);
  if (text.length > MESSAGE_LENGTH_MAX) throw tooLarge();
  return text;
}

class Writer {
  nodes = [];
  #places = new NativeMap();
  #length = 0;
  #exporter;

  constructor(exporter) {
    this.#exporter = exporter;
  }

  token(value) {
    switch (typeof value) {
      case "string":
        // Counted as they are written: many references to one long string are many strings in the message.
        this.#count(value.length);
        return value;
      case "number":
        return value - value === 0 && !(value === 0 && 1 / value < 0) ? value : ["N", value === 0 ? "-0" : NativeString(value)];
      case "boolean":
        return value;
      case "undefined":
        return ["u"];
      case "bigint":
        return ["I", NativeString(value)];
      case "symbol":
        throw cannot("A symbol");
      case "function":
        return this.#place(value, () => ["f", this.#exporter(value)]);
      default:
        return value === null ? null : this.#object(value);
    }
  }

  #count(length) {
    this.#length += length + 8;
    if (this.#length > MESSAGE_LENGTH_MAX) throw tooLarge();
  }

  // The node has its place before it is filled, so that what it holds may point back to it.
  #place(object, fill) {
    const known = mapGet(this.#places, object);
    if (known !== undefined) return [known];
    const index = this.nodes.length;
    mapSet(this.#places, object, index);
    this.nodes[index] = null;
    this.#count(8);
    this.nodes[index] = fill(object);
    return [index];
  }

  #object(value) {
    const what = native.kindOf(value);
    switch (what) {
      case kind.PLAIN:
        return this.#place(value, () => this.#plain(value));
      case kind.ARRAY:
        return this.#place(value, () => this.#array(value));
      case kind.MAP:
        return this.#place(value, () => this.#map(value));
      case kind.SET:
        return this.#place(value, () => this.#set(value));
      case kind.ERROR:
        return this.#place(value, () => this.#error(value));
      case kind.DATE:
        return this.#place(value, () => ["d", this.token(dateTime(value))]);
      case kind.REGEXP:
        return this.#place(value, () => ["r", regExpSource(value), flagsOf(value)]);
      case kind.ARRAY_BUFFER:
        return this.#place(value, () => this.#buffer(value));
      case kind.TYPED_ARRAY:
      case kind.DATA_VIEW:
        return this.#place(value, () => this.#view(value, what));
      default:
        throw cannot(`An object of the type "${className(value) ?? "Object"}"`);
    }
  }

  #plain(value) {
    if (isRpcTarget(value)) return ["f", this.#exporter(value)];
    const prototype = prototypeOf(value);
    if (prototype === ObjectPrototype || prototype === null) return this.#properties(value);
    if (isHeaders(value)) return ["h", headerListOf(value)];
    if (isBlob(value) && !isFile(value)) return this.#blob(value);
    if (isReadableStream(value)) return ["w", this.#exporter(readableTarget(value))];
    if (isWritableStream(value)) return ["W", this.#exporter(writableTarget(value))];
    if (isRequest(value)) return ["Q", this.token(requestParts(value))];
    if (isResponse(value)) return ["R", this.token(responseParts(value))];
    if (isDOMException(value)) return this.#error(value);
    const name = className(value) ?? "Object";
    throw new DOMException(
      `Could not serialize object of type "${name}". This type does not support serialization: to pass it by reference, let its class extend RpcTarget.`,
      "DataCloneError",
    );
  }

  #properties(value) {
    const node = ["o"];
    const keys = ownKeys(value);
    for (let i = 0; i < keys.length; i++) {
      // An earlier getter may have taken it away.
      if (hasOwn(value, keys[i])) push(node, this.token(keys[i]), this.token(value[keys[i]]));
    }
    return node;
  }

  #array(value) {
    const { length } = value;
    if (length > DENSE_LENGTH_MAX && native.namedKeys(value).length === 0 && ownKeys(value).length < length) {
      const node = ["A", length];
      const keys = ownKeys(value);
      for (let i = 0; i < keys.length; i++) push(node, +keys[i], this.token(value[keys[i]]));
      return node;
    }
    const node = ["a"];
    for (let i = 0; i < length; i++) push(node, i in value ? this.token(value[i]) : ["-"]);
    return node;
  }

  #map(value) {
    const pairs = [];
    mapForEach(value, (item, key) => push(pairs, key, item));
    return this.#list("m", pairs);
  }

  #set(value) {
    const items = [];
    setForEach(value, (item) => push(items, item));
    return this.#list("s", items);
  }

  #list(tag, items) {
    const node = [tag];
    for (let i = 0; i < items.length; i++) push(node, this.token(items[i]));
    return node;
  }

  // Without its stack: what lies inside of a worker is not its callers' to see.
  #error(value) {
    const { name, message } = value;
    const node = ["e", isDOMException(value) ? "D" : "", `${name}`, `${message}`];
    if (hasOwn(value, "cause")) push(node, this.token(value.cause));
    return node;
  }

  #buffer(value) {
    const text = native.base64UrlEncode(new Bytes(copyBuffer(value)));
    this.#count(text.length);
    return ["b", text];
  }

  #blob(value) {
    const bytes = native.base64UrlEncode(bytesOfBlob(value));
    this.#count(bytes.length);
    return ["B", blobType(value), bytes];
  }

  #view(value, what) {
    const { name, buffer, offset, length } = shapeOfView(value, what);
    if (native.kindOf(buffer) !== kind.ARRAY_BUFFER) throw cannot("A view of a SharedArrayBuffer");
    return ["v", name, this.token(buffer), offset, length];
  }
}

function cannot(what) {
  return new DOMException(`${what} cannot be passed to another worker.`, "DataCloneError");
}

function tooLarge() {
  return new DOMException("Serialized RPC arguments or return values are limited to 32 MiB.", "DataCloneError");
}
