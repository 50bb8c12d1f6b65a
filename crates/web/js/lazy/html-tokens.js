// What the handlers of an HTMLRewriter are given. Such an object lasts as long as its handler: what it stands for is in Rust,
// on its way from the document's input to its output.
import { USVString, defineInterface, dictionary, illegalConstructor, requireArguments } from "../webidl.js";
import { isReadableStream } from "./streams/index.js";
import { isResponse } from "../response.js";
import { native } from "../native.js";

// What `native.rewriterAsk` can be asked.
const NAME = 1;
const SET_NAME = 2;
const NAMESPACE_URI = 3;
const PUBLIC_ID = 4;
const SYSTEM_ID = 5;
const TEXT = 6;
const SET_TEXT = 7;
const LAST_IN_TEXT_NODE = 8;
const REMOVED = 9;
const ATTRIBUTE = 10;
const HAS_ATTRIBUTE = 11;
const SET_ATTRIBUTE = 12;
const REMOVE_ATTRIBUTE = 13;
const ATTRIBUTES = 14;
const REMOVE = 15;
const REMOVE_AND_KEEP_CONTENT = 16;
const ON_END_TAG = 17;
const BEFORE = 20;
const AFTER = 21;
const PREPEND = 22;
const APPEND = 23;
const REPLACE = 24;
const INNER = 25;

const MADE_HERE = { __proto__: null };
const IteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));

/** A token that a handler is called for: where it is asked about, and whether the handler still runs. */
export class Token {
  live = true;

  constructor(rewriting, rewriter) {
    // Takes streams and handlers of end tags, for which Rust knows numbers.
    this.rewriting = rewriting;
    this.rewriter = rewriter;
  }
}

function ask(token, what, a, b) {
  checkLive(token);
  return native.rewriterAsk(token.rewriter, what, a, b);
}

function checkLive(token) {
  if (token.live) return;
  throw new TypeError(
    "HTMLRewriter: this object lasts as long as the handler that it was given to, until the handler has returned or its promise is settled.",
  );
}

function insert(token, what, content, options, length, name) {
  requireArguments(length, 1, name);
  // First of all, so that a token that is no more takes no stream.
  checkLive(token);
  const { html } = dictionary(options, `${name}: the options`);
  const isStream = typeof content === "object" && content !== null && (isReadableStream(content) || isResponse(content));
  ask(token, what, isStream ? token.rewriting.keepStream(content, name) : USVString(content), html === true || Boolean(html));
}

export class Element {
  #token;

  constructor(made, token) {
    if (made !== MADE_HERE) illegalConstructor();
    this.#token = token;
  }

  get tagName() {
    return ask(this.#token, NAME);
  }

  set tagName(name) {
    ask(this.#token, SET_NAME, USVString(name));
  }

  get attributes() {
    checkLive(this.#token);
    return new Attributes(MADE_HERE, this.#token);
  }

  get namespaceURI() {
    return ask(this.#token, NAMESPACE_URI);
  }

  get removed() {
    return ask(this.#token, REMOVED);
  }

  getAttribute(name) {
    requireArguments(arguments.length, 1, "Element.getAttribute");
    return ask(this.#token, ATTRIBUTE, USVString(name));
  }

  hasAttribute(name) {
    requireArguments(arguments.length, 1, "Element.hasAttribute");
    return ask(this.#token, HAS_ATTRIBUTE, USVString(name));
  }

  setAttribute(name, value) {
    requireArguments(arguments.length, 2, "Element.setAttribute");
    ask(this.#token, SET_ATTRIBUTE, USVString(name), USVString(value));
    return this;
  }

  removeAttribute(name) {
    requireArguments(arguments.length, 1, "Element.removeAttribute");
    ask(this.#token, REMOVE_ATTRIBUTE, USVString(name));
    return this;
  }

  before(content, options = undefined) {
    insert(this.#token, BEFORE, content, options, arguments.length, "Element.before");
    return this;
  }

  after(content, options = undefined) {
    insert(this.#token, AFTER, content, options, arguments.length, "Element.after");
    return this;
  }

  prepend(content, options = undefined) {
    insert(this.#token, PREPEND, content, options, arguments.length, "Element.prepend");
    return this;
  }

  append(content, options = undefined) {
    insert(this.#token, APPEND, content, options, arguments.length, "Element.append");
    return this;
  }

  replace(content, options = undefined) {
    insert(this.#token, REPLACE, content, options, arguments.length, "Element.replace");
    return this;
  }

  setInnerContent(content, options = undefined) {
    insert(this.#token, INNER, content, options, arguments.length, "Element.setInnerContent");
    return this;
  }

  remove() {
    ask(this.#token, REMOVE);
    return this;
  }

  removeAndKeepContent() {
    ask(this.#token, REMOVE_AND_KEEP_CONTENT);
    return this;
  }

  onEndTag(handler) {
    requireArguments(arguments.length, 1, "Element.onEndTag");
    if (typeof handler !== "function") throw new TypeError("Element.onEndTag: the handler is not a function.");
    const { rewriting } = this.#token;
    const number = rewriting.nextEndTag();
    ask(this.#token, ON_END_TAG, number);
    rewriting.keepEndTag(number, handler);
  }
}
defineInterface(Element, "Element");

// Fetched in pieces: a tag may have more attributes than one would like to have at once.
class Attributes {
  #token;
  #list = [];
  #place = 0;
  #fetched = 0;

  constructor(made, token) {
    if (made !== MADE_HERE) illegalConstructor();
    this.#token = token;
  }

  next() {
    if (this.#place >= this.#list.length) {
      this.#list = ask(this.#token, ATTRIBUTES, this.#fetched);
      this.#place = 0;
      this.#fetched += this.#list.length / 2;
      if (this.#list.length === 0) return { value: undefined, done: true };
    }
    const value = [this.#list[this.#place], this.#list[this.#place + 1]];
    this.#place += 2;
    return { value, done: false };
  }
}
Object.setPrototypeOf(Attributes.prototype, IteratorPrototype);
delete Attributes.prototype.constructor;
Object.defineProperty(Attributes.prototype, Symbol.toStringTag, { value: "Attributes Iterator", configurable: true });

export class EndTag {
  #token;

  constructor(made, token) {
    if (made !== MADE_HERE) illegalConstructor();
    this.#token = token;
  }

  get name() {
    return ask(this.#token, NAME);
  }

  set name(name) {
    ask(this.#token, SET_NAME, USVString(name));
  }

  before(content, options = undefined) {
    insert(this.#token, BEFORE, content, options, arguments.length, "EndTag.before");
    return this;
  }

  after(content, options = undefined) {
    insert(this.#token, AFTER, content, options, arguments.length, "EndTag.after");
    return this;
  }

  remove() {
    ask(this.#token, REMOVE);
    return this;
  }
}
defineInterface(EndTag, "EndTag");

export class Comment {
  #token;

  constructor(made, token) {
    if (made !== MADE_HERE) illegalConstructor();
    this.#token = token;
  }

  get text() {
    return ask(this.#token, TEXT);
  }

  set text(text) {
    ask(this.#token, SET_TEXT, USVString(text));
  }

  get removed() {
    return ask(this.#token, REMOVED);
  }

  before(content, options = undefined) {
    insert(this.#token, BEFORE, content, options, arguments.length, "Comment.before");
    return this;
  }

  after(content, options = undefined) {
    insert(this.#token, AFTER, content, options, arguments.length, "Comment.after");
    return this;
  }

  replace(content, options = undefined) {
    insert(this.#token, REPLACE, content, options, arguments.length, "Comment.replace");
    return this;
  }

  remove() {
    ask(this.#token, REMOVE);
    return this;
  }
}
defineInterface(Comment, "Comment");

export class Text {
  #token;

  constructor(made, token) {
    if (made !== MADE_HERE) illegalConstructor();
    this.#token = token;
  }

  get text() {
    return ask(this.#token, TEXT);
  }

  get lastInTextNode() {
    return ask(this.#token, LAST_IN_TEXT_NODE);
  }

  get removed() {
    return ask(this.#token, REMOVED);
  }

  before(content, options = undefined) {
    insert(this.#token, BEFORE, content, options, arguments.length, "Text.before");
    return this;
  }

  after(content, options = undefined) {
    insert(this.#token, AFTER, content, options, arguments.length, "Text.after");
    return this;
  }

  replace(content, options = undefined) {
    insert(this.#token, REPLACE, content, options, arguments.length, "Text.replace");
    return this;
  }

  remove() {
    ask(this.#token, REMOVE);
    return this;
  }
}
defineInterface(Text, "Text");

export class Doctype {
  #token;

  constructor(made, token) {
    if (made !== MADE_HERE) illegalConstructor();
    this.#token = token;
  }

  get name() {
    return ask(this.#token, NAME);
  }

  get publicId() {
    return ask(this.#token, PUBLIC_ID);
  }

  get systemId() {
    return ask(this.#token, SYSTEM_ID);
  }
}
defineInterface(Doctype, "Doctype");

export class DocumentEnd {
  #token;

  constructor(made, token) {
    if (made !== MADE_HERE) illegalConstructor();
    this.#token = token;
  }

  append(content, options = undefined) {
    insert(this.#token, APPEND, content, options, arguments.length, "DocumentEnd.append");
    return this;
  }
}
defineInterface(DocumentEnd, "DocumentEnd");

// By the numbers that `native.rewriterFeed` gives for where a rewriter stands.
const KINDS = [undefined, Element, EndTag, Comment, Text, Doctype, DocumentEnd];

/** The object that a handler is given for a token of this kind. */
export const objectOf = (kind, token) => new KINDS[kind](MADE_HERE, token);
