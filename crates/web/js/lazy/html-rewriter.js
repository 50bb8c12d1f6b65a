// HTMLRewriter (https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/): a response's HTML is rewritten while it
// flows by. The parser is in Rust; it stops at each token that somebody has a handler for, until the handler is done.
import { USVString, defineInterface, dictionary, isObject, requireArguments } from "../webidl.js";
import { acquireInternalReader, createReadableByteStream, isReadableStream } from "./streams/index.js";
import { bodyStreamOf, isResponse, withBody } from "../response.js";
import { mimeOfHeader, mimeParameter } from "../mime.js";
import { Token, objectOf } from "./html-tokens.js";
import { native } from "../native.js";

const { apply } = Reflect;
const then = Function.prototype.call.bind(Promise.prototype.then);
const ignore = () => {};
const NativeMap = Map;
const mapGet = Function.prototype.call.bind(Map.prototype.get);
const mapSet = Function.prototype.call.bind(Map.prototype.set);
const mapDelete = Function.prototype.call.bind(Map.prototype.delete);

// What handlers there are, and the numbers by which Rust knows them.
const ELEMENT_HANDLERS = ["element", "comments", "text"];
const DOCUMENT_HANDLERS = ["doctype", "comments", "text", "end"];
const WANTS = { __proto__: null, element: 1, comments: 2, text: 4, doctype: 8, end: 16 };
// Where a rewriter stands: that it is to be fed, kinds of tokens (see html-tokens.js), that it is done.
const HUNGRY = 0;
const END_TAG = 2;
const ENDED = 7;
const HANDLER_OF = [undefined, "element", undefined, "comments", "text", "doctype", "end"];

// Less than this is not passed on while there is more to come at once.
const FLUSH_BYTES = 16 << 10;

export class HTMLRewriter {
  // One for each call of `on` and `onDocument`.
  #handlers = [];

  on(selector, handlers) {
    requireArguments(arguments.length, 2, "HTMLRewriter.on");
    const text = USVString(selector);
    const chosen = handlersOf(handlers, ELEMENT_HANDLERS, "HTMLRewriter.on");
    native.rewriterCheckSelector(text);
    chosen.selector = text;
    this.#handlers[this.#handlers.length] = chosen;
    return this;
  }

  onDocument(handlers) {
    requireArguments(arguments.length, 1, "HTMLRewriter.onDocument");
    this.#handlers[this.#handlers.length] = handlersOf(handlers, DOCUMENT_HANDLERS, "HTMLRewriter.onDocument");
    return this;
  }

  transform(response) {
    requireArguments(arguments.length, 1, "HTMLRewriter.transform");
    const handlers = this.#handlers;
    if (!isResponse(response)) throw new TypeError("HTMLRewriter.transform: the argument is not a Response.");
    return withBody(response, "HTMLRewriter.transform", (stream, type) => new Rewriting(handlers, stream, type).readable);
  }
}
defineInterface(HTMLRewriter, "HTMLRewriter");

function handlersOf(value, names, what) {
  if (!isObject(value)) throw new TypeError(`${what}: the handlers are not an object.`);
  const members = dictionary(value, what);
  const chosen = { __proto__: null, receiver: value, selector: null, wanted: 0 };
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const handler = members[name];
    if (handler === undefined) continue;
    if (typeof handler !== "function") throw new TypeError(`${what}: the handler '${name}' is not a function.`);
    chosen[name] = handler;
    chosen.wanted |= WANTS[name];
  }
  return chosen;
}

// One document on its way. It moves when somebody reads what comes out.
class Rewriting {
  readable;
  #handlers;
  #rewriter;
  #reader;
  // The chunk that is being fed, and how much of it was.
  #chunk;
  #offset = 0;
  // Where the rewriter stands, and the handler that it waits for.
  #position = HUNGRY;
  #handler = 0;
  #outputBytes = 0;
  #flushing = false;
  // A handler's promise, and the token that lasts until it is settled.
  #waiting;
  #token;
  // What is inserted from a stream right now: { reader, html, decoder }.
  #insertion;
  #streams = new NativeMap();
  #endTags = new NativeMap();
  #lastNumber = 0;

  constructor(handlers, stream, type) {
    const mime = mimeOfHeader(type);
    const label = (mime === undefined ? undefined : mimeParameter(mime, "charset")) ?? "utf-8";
    const plan = [];
    for (let i = 0; i < handlers.length; i++) {
      plan[2 * i] = handlers[i].selector;
      plan[2 * i + 1] = handlers[i].wanted;
    }
    this.#handlers = handlers;
    this.#rewriter = native.rewriterNew(plan, label);
    this.#reader = acquireInternalReader(stream);
    this.readable = createReadableByteStream({
      pull: (controller) => this.#pull(controller),
      cancel: (reason) => this.#stop(reason),
    });
  }

  /** Keeps a stream that was inserted until its bytes are due; gives the number that Rust knows it by. */
  keepStream(content, what) {
    const stream = isReadableStream(content) ? content : bodyStreamOf(content, what);
    const number = ++this.#lastNumber;
    mapSet(this.#streams, number, stream);
    return number;
  }

  nextEndTag() {
    return ++this.#lastNumber;
  }

  keepEndTag(number, handler) {
    mapSet(this.#endTags, number, handler);
  }

  // Moves on until there is something to read, or the end.
  async #pull(controller) {
    try {
      for (;;) {
        const bytes = await this.#next();
        if (bytes === null) {
          native.rewriterFree(this.#rewriter);
          return controller.close();
        }
        if (bytes !== undefined && bytes.length > 0) return controller.enqueue(bytes);
      }
    } catch (error) {
      this.#give(this.#stop(error));
      throw error;
    }
  }

  // One step: bytes, nothing, or null at the end.
  async #next() {
    if (this.#insertion !== undefined) return await this.#insert();
    if (this.#flushing || this.#outputBytes >= FLUSH_BYTES) return this.#take();
    if (this.#waiting !== undefined) return await this.#finishHandler();
    if (this.#position === ENDED) return null;
    if (this.#position !== HUNGRY) return this.#callHandler();
    if (this.#chunk !== undefined) return this.#feed();
    // What is there already shall not wait for what is not.
    if (this.#outputBytes > 0) return this.#flush();
    return await this.#read();
  }

  #flush() {
    this.#flushing = true;
    return undefined;
  }

  #take() {
    const piece = native.rewriterTake(this.#rewriter);
    if (piece === undefined) {
      this.#flushing = false;
      this.#outputBytes = 0;
      return undefined;
    }
    if (typeof piece !== "number") return piece;
    const number = piece >>> 1;
    const stream = mapGet(this.#streams, number);
    mapDelete(this.#streams, number);
    // A stream may be inserted by a Response without a body.
    if (stream !== null) this.#insertion = { __proto__: null, reader: acquireInternalReader(stream), html: piece % 2 === 1, decoder: undefined };
    return undefined;
  }

  async #insert() {
    const insertion = this.#insertion;
    const { value, done } = await insertion.reader.read();
    if (!done && !native.isBufferSource(value)) {
      throw new TypeError("HTMLRewriter: a stream that was inserted gave a chunk that is not bytes.");
    }
    insertion.decoder ??= native.decoderNew("utf-8", false, true);
    const text = native.decoderDecode(insertion.decoder, done ? undefined : value, done);
    if (done) this.#insertion = undefined;
    return text === "" ? undefined : native.rewriterEncode(this.#rewriter, text, insertion.html);
  }

  async #read() {
    const { value, done } = await this.#reader.read();
    if (done) {
      this.#moved(native.rewriterEnd(this.#rewriter));
      // All that is left comes out now.
      return this.#position === ENDED ? this.#flush() : undefined;
    }
    if (!native.isBufferSource(value)) throw new TypeError("HTMLRewriter: the body gave a chunk that is not bytes.");
    this.#chunk = value;
    this.#offset = 0;
    return undefined;
  }

  #feed() {
    const state = native.rewriterFeed(this.#rewriter, this.#chunk, this.#offset);
    this.#offset += state[3];
    if (state[3] === 0 || this.#offset >= this.#chunk.byteLength) this.#chunk = undefined;
    this.#moved(state);
  }

  #moved(state) {
    this.#position = state[0];
    this.#handler = state[1];
    this.#outputBytes = state[2];
  }

  #callHandler() {
    const token = new Token(this, this.#rewriter);
    this.#token = token;
    const object = objectOf(this.#position, token);
    const result = this.#position === END_TAG ? this.#callEndTag(object) : this.#call(object);
    if (result === undefined) return this.#goOn();
    this.#waiting = settled(result);
    // It may be rejected while nobody reads.
    then(this.#waiting, undefined, ignore);
    return this.#outputBytes > 0 ? this.#flush() : undefined;
  }

  #call(object) {
    const handlers = this.#handlers[this.#handler];
    return apply(handlers[HANDLER_OF[this.#position]], handlers.receiver, [object]);
  }

  #callEndTag(object) {
    const handler = mapGet(this.#endTags, this.#handler);
    mapDelete(this.#endTags, this.#handler);
    return apply(handler, undefined, [object]);
  }

  async #finishHandler() {
    await this.#waiting;
    this.#waiting = undefined;
    this.#goOn();
  }

  #goOn() {
    this.#token.live = false;
    this.#token = undefined;
    this.#moved(native.rewriterGoOn(this.#rewriter));
    if (this.#position === ENDED) this.#flush();
  }

  // Gives up all that is held; what is cancelled may take its time.
  #stop(reason) {
    if (this.#token !== undefined) this.#token.live = false;
    native.rewriterFree(this.#rewriter);
    if (this.#insertion !== undefined) this.#give(this.#insertion.reader.cancel(reason));
    return this.#reader.cancel(reason);
  }

  #give(promise) {
    if (promise !== undefined) then(promise, undefined, ignore);
  }
}

async function settled(result) {
  await result;
}
