// A session of remote calls between two workers, over one connection. Either side may call what the other has let it
// know: at first only the entrypoint, later whatever it was passed by reference. A call can be made on the result of one
// that has not answered yet, so that a chain of calls takes one way there and back.
//
// Messages are JSON lists: ["c", call, target, path, arguments | null] calls a method, or reads a property; the target is a
// number that the other side gave, or ["r", call] for the result of an earlier call. ["t", call, value] and
// ["x", call, error] answer; ["q", call] says that nothing more will be called on a result; ["d", number, count] that
// a stub is not needed any more.
import { MAIN, isStub, reach, stubOf } from "./stubs.js";
import { Handlers, isEntrypoint } from "./targets.js";
import { STREAM, broken, read } from "./read.js";
import { write } from "./write.js";
import { hide } from "../structured-clone-leaves.js";
import { isClosing } from "../websocket-links.js";
import * as kind from "../../kinds.js";
import { load } from "../../lazy.js";
import { native } from "../../native.js";

const { isArray } = Array;
const { isSafeInteger } = Number;
const { apply } = Reflect;
const NativeMap = Map;
const NativePromise = Promise;
const parse = JSON.parse;
const stringify = JSON.stringify;
const dispose = Symbol.dispose;

const PATH_LENGTH_MAX = 64;
// What the other side may have under way, or hold, at once.
const CALLS_MAX = 10_000;
const EXPORTS_MAX = 100_000;

export class Session {
  #link = null;
  // What is to be sent once there is a connection.
  #early = [];
  #exports = new NativeMap();
  #nextExport = 1;
  #imports = new NativeMap();
  #calls = new NativeMap();
  #nextCall = 1;
  // What the other side's calls have given, for calls on it.
  #results = new NativeMap();
  #over = null;
  #whenOver = [];
  #isCaller;
  #event = native.currentEvent();

  /** `main` is what the other side may call at first; a caller has nothing of the kind. */
  constructor(main = undefined) {
    this.#isCaller = main === undefined;
    if (main !== undefined) this.#exports.set(MAIN, { target: main, count: 1 });
  }

  /** Begins to speak over a link of the natives (`websocket-links.js`). */
  connect(link) {
    if (this.#over !== null) return link.close(0, "");
    this.#link = link;
    link.start((item) => this.#receive(item));
    for (let i = 0; i < this.#early.length; i++) link.send(this.#early[i]);
    this.#early = null;
  }

  // --- Calls of the other side's ---------------------------------------------------------------------------------

  /** Calls what lies at a path of a target, or reads it if there are no arguments. Gives the call's number and promise. */
  call(target, path, args) {
    if (this.#over !== null) throw this.#over;
    if (native.currentEvent() !== this.#event) {
      throw new Error("Cannot call through a stub on behalf of a different request: stubs belong to the request that they were given to.");
    }
    const id = this.#nextCall++;
    const message = args === null ? null : this.#write(args);
    const promise = new NativePromise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
    this.#send(stringify(["c", id, target, path, message]));
    return { id, promise };
  }

  #send(text) {
    if (this.#link !== null) this.#link.send(text);
    else this.#early.push(text);
  }

  #write(value) {
    const given = [];
    try {
      return write(value, (target) => (given[given.length] = this.#export(target)));
    } catch (error) {
      for (let i = 0; i < given.length; i++) this.#release(given[i], 1);
      throw error;
    }
  }

  #read(text) {
    const stubs = [];
    const importer = (id, use) => {
      const stub = this.#import(id);
      // Streams end by themselves.
      if (use !== STREAM) stubs[stubs.length] = stub;
      return stub;
    };
    const value = read(text, importer);
    return { value, stubs };
  }

  // --- What is passed by reference -------------------------------------------------------------------------------

  #export(target) {
    if (this.#exports.size >= EXPORTS_MAX) throw new RangeError(`A session of remote calls holds at most ${EXPORTS_MAX} references.`);
    const id = this.#nextExport++;
    // A stub that is passed on is held here for as long as the other side has it.
    this.#exports.set(id, { target: isStub(target) ? target.dup() : target, count: 1 });
    return id;
  }

  #release(id, count) {
    const entry = this.#exports.get(id);
    if (entry === undefined || id === MAIN) return;
    entry.count -= count;
    if (entry.count > 0) return;
    this.#exports.delete(id);
    disposeOf(entry.target);
  }

  #import(id) {
    if (!isSafeInteger(id) || id < 1) throw broken();
    const entry = this.#imports.get(id) ?? { received: 0, handles: 0 };
    entry.received++;
    entry.handles++;
    this.#imports.set(id, entry);
    return stubOf(this, id);
  }

  /** One more stub of the same thing. */
  dup(id) {
    this.#imports.get(id).handles++;
    return stubOf(this, id);
  }

  /** One stub less of it; with the last one, the other side may forget it. */
  drop(id) {
    const entry = this.#imports.get(id);
    if (entry === undefined || --entry.handles > 0) return;
    this.#imports.delete(id);
    if (this.#over === null) this.#send(stringify(["d", id, entry.received]));
    this.#endIfIdle();
  }

  /** Calls `callback` with the reason when the session ends. */
  whenOver(callback) {
    if (this.#over !== null) callback(this.#over);
    else this.#whenOver.push(callback);
  }

  // --- What comes ------------------------------------------------------------------------------------------------

  #receive(item) {
    if (isClosing(item)) return this.#end(lostError(item));
    if (this.#over !== null) return;
    try {
      this.#take(parse(item));
    } catch (error) {
      this.#end(error);
    }
  }

  #take(message) {
    if (!isArray(message)) throw broken();
    const [what, id, first, second, third] = message;
    if (!isSafeInteger(id)) throw broken();
    switch (what) {
      case "c":
        return this.#called(id, first, second, third);
      case "t":
      case "x":
        return this.#answered(id, first, what === "x");
      case "q":
        this.#results.delete(id);
        return;
      case "d":
        if (!isSafeInteger(first) || first < 1) throw broken();
        this.#release(id, first);
        return this.#endIfIdle();
      default:
        throw broken();
    }
  }

  #answered(id, text, isError) {
    const call = this.#calls.get(id);
    if (call === undefined) throw broken();
    this.#calls.delete(id);
    const { value, stubs } = this.#read(text);
    // Later calls on this result are made on what has come.
    this.#send(stringify(["q", id]));
    if (isError) call.reject(value);
    else call.resolve(disposable(value, stubs));
    this.#endIfIdle();
  }

  #called(id, target, path, args) {
    if (this.#results.has(id) || this.#results.size >= CALLS_MAX) throw broken();
    if (!isArray(path) || path.length > PATH_LENGTH_MAX || !path.every((name) => typeof name === "string")) throw broken();
    const result = this.#run(target, path, args);
    this.#results.set(id, result);
    this.#answer(id, result);
  }

  async #answer(id, result) {
    let message;
    try {
      message = stringify(["t", id, this.#write(await result)]);
    } catch (error) {
      message = stringify(["x", id, this.#writeError(error)]);
    }
    if (this.#over === null) this.#send(message);
  }

  #writeError(error) {
    try {
      return this.#write(error);
    } catch {
      return this.#write(new TypeError("The call failed with an error that cannot be passed to another worker."));
    }
  }

  async #run(target, path, args) {
    const given = args === null ? { value: null, stubs: [] } : this.#read(args);
    try {
      if (args !== null && !isArray(given.value)) throw broken();
      const object = isArray(target) ? await this.#resultOf(target) : this.#exported(target);
      if (target === MAIN && path.length === 1 && path[0] === "connect" && args !== null) {
        return load("lazy/bindings/connections.js").serveConnection(object, given.value[0], given.value[1]);
      }
      return await reach(object, path, given.value);
    } finally {
      // Whoever wants to keep what it was passed says so by dup().
      for (let i = 0; i < given.stubs.length; i++) given.stubs[i][dispose]();
    }
  }

  #resultOf(target) {
    const result = this.#results.get(target[1]);
    if (result === undefined) throw broken();
    return result;
  }

  #exported(id) {
    const entry = this.#exports.get(id);
    if (entry === undefined) throw new Error("The remote object was disposed of.");
    return entry.target;
  }

  // --- The end ---------------------------------------------------------------------------------------------------

  // The one who opened it closes it, when neither side can call the other any more.
  #endIfIdle() {
    if (!this.#isCaller || this.#over !== null) return;
    if (this.#calls.size + this.#imports.size + this.#exports.size === 0) this.#end(new Error("The session of remote calls is over."));
  }

  /** Ends it because it could not begin. */
  fail(error) {
    this.#end(error);
  }

  #end(reason) {
    if (this.#over !== null) return;
    this.#over = reason;
    if (this.#link !== null) this.#link.close(0, "");
    for (const { reject } of this.#calls.values()) reject(reason);
    this.#calls.clear();
    for (const { target } of this.#exports.values()) disposeOf(target);
    this.#exports.clear();
    this.#results.clear();
    for (let i = 0; i < this.#whenOver.length; i++) this.#whenOver[i](reason);
  }
}

function lostError({ error, reason }) {
  return error instanceof Error ? error : new Error(reason === "" ? "The session with the other worker has ended." : reason);
}

function disposeOf(target) {
  // An entrypoint's life is its event's.
  if (isEntrypoint(target) || target instanceof Handlers) return;
  const end = (typeof target === "object" || typeof target === "function") && target !== null ? target[dispose] : undefined;
  if (typeof end !== "function") return;
  try {
    apply(end, target, []);
  } catch (error) {
    native.reportException(error);
  }
}

// What a call has given can be let go as a whole, with all stubs in it.
function disposable(value, stubs) {
  if (stubs.length === 0 || isStub(value) || typeof value !== "object" || value === null) return value;
  if (native.kindOf(value) !== kind.PLAIN && native.kindOf(value) !== kind.ARRAY) return value;
  const end = () => {
    for (let i = 0; i < stubs.length; i++) stubs[i][dispose]();
  };
  hide(value, dispose, end);
  return value;
}
