// Reads a long JSON text (ECMA-404) in pieces. The built-in reads a text in one step, and takes longer than its length
// says: what it has read so far is gone through again with each collection of garbage. Here whole elements of a list or
// an object are given to the built-in, as many at once as are not too long; an element that is too long is opened.
import { append } from "./elements.js";

const NativeSyntaxError = SyntaxError;
const { apply } = Reflect;
const { parse } = JSON;
const { defineProperty: define, keys } = Object;
const { charCodeAt, slice } = String.prototype;

const PIECE_MIN = 1 << 4;
const PIECE_MAX = 1 << 16;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const isSpace = (code) => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
const isOpening = (code) => code === OPEN_LIST || code === OPEN_OBJECT;
const isClosing = (code) => code === CLOSE_LIST || code === CLOSE_OBJECT;
const isEnd = (code) => code !== code || code === COMMA || isClosing(code) || isSpace(code);

/** Sets a property of an object that was made here, whatever the prototypes say about it. */
export function keep(object, key, value) {
  if (key in object) define(object, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  else object[key] = value;
}

// A list or an object that is being read. `due` is true after a comma: something must follow.
class Open {
  constructor(isList, below) {
    this.isList = isList;
    this.value = isList ? [] : {};
    this.length = 0;
    this.key = undefined;
    this.due = false;
    this.below = below;
  }

  add(value) {
    if (this.isList) append(this.value, this.length++, value);
    else keep(this.value, this.key, value);
  }

  // Adds the elements of a piece; gives how many there were.
  addPiece(text) {
    const piece = parse(this.isList ? `[${text}]` : `{${text}}`);
    const names = this.isList ? piece : keys(piece);
    for (let i = 0; i < names.length; i++) {
      this.key = names[i];
      this.add(this.isList ? piece[i] : piece[names[i]]);
    }
    return names.length;
  }

  isClosedBy(code) {
    return code === (this.isList ? CLOSE_LIST : CLOSE_OBJECT);
  }
}

class Reader {
  #text;
  #at = 0;
  // How far to look for the end of a piece. Less far where looking does not pay, or a text of nothing but openings would be
  // looked through from each of them.
  #window = PIECE_MAX;

  constructor(text) {
    this.#text = text;
  }

  #learn(gone) {
    const wanted = gone * 2 >= this.#window ? this.#window * 2 : this.#window / 2;
    this.#window = wanted < PIECE_MIN ? PIECE_MIN : wanted > PIECE_MAX ? PIECE_MAX : wanted;
  }

  #code(index) {
    return apply(charCodeAt, this.#text, [index]);
  }

  #failure(at) {
    if (at >= this.#text.length) return new NativeSyntaxError("Unexpected end of JSON input");
    return new NativeSyntaxError(`Unexpected token '${this.#text[at]}' in JSON at position ${at}`);
  }

  // The next code that is no white space; not a number at the end.
  #peek() {
    while (isSpace(this.#code(this.#at))) this.#at++;
    return this.#code(this.#at);
  }

  // Where the string ends that begins at `start`.
  #endOfString(start) {
    for (let i = start + 1; ; i++) {
      const code = this.#code(i);
      if (code === QUOTE) return i;
      if (code === BACKSLASH) i++;
      else if (code !== code) throw this.#failure(i);
    }
  }

  #primitive(code) {
    const start = this.#at;
    let end = start;
    if (code === QUOTE) end = this.#endOfString(start) + 1;
    else while (!isEnd(this.#code(end))) end++;
    if (end === start) throw this.#failure(start);
    this.#at = end;
    return parse(apply(slice, this.#text, [start, end]));
  }

  #key() {
    if (this.#peek() !== QUOTE) throw this.#failure(this.#at);
    const key = this.#primitive(QUOTE);
    if (this.#peek() !== COLON) throw this.#failure(this.#at);
    this.#at++;
    return key;
  }

  // Where a piece ends that begins here: at the last comma between elements, or where the list or object is closed. -1 if
  // the first element is too long alone.
  #endOfPiece() {
    if (this.#window === PIECE_MIN && isOpening(this.#code(this.#at))) return -1;
    let depth = 0;
    let comma = -1;
    for (let i = this.#at; i - this.#at < this.#window; i++) {
      const code = this.#code(i);
      if (code === QUOTE) i = this.#endOfString(i);
      else if (isOpening(code)) depth++;
      else if (isClosing(code)) {
        if (depth === 0) return i;
        depth--;
      } else if (code === COMMA) {
        if (depth === 0) comma = i;
      } else if (code !== code) throw this.#failure(i);
    }
    return comma;
  }

  // A text that was cut off is told by its end, before anything is made of it.
  #requireEnd() {
    const first = this.#peek();
    if (!isOpening(first)) return;
    let last = this.#text.length - 1;
    while (isSpace(this.#code(last))) last--;
    if (this.#code(last) !== (first === OPEN_LIST ? CLOSE_LIST : CLOSE_OBJECT)) throw this.#failure(this.#text.length);
  }

  /** The value of the whole text. A stack of its own, since a text may be as deep as it is long. */
  read() {
    this.#requireEnd();
    let top;
    let value;
    for (;;) {
      const end = top === undefined ? -1 : this.#endOfPiece();
      if (top !== undefined) this.#learn(end - this.#at);
      if (end >= 0) {
        const closes = this.#code(end) !== COMMA;
        if (closes && !top.isClosedBy(this.#code(end))) throw this.#failure(end);
        const count = top.addPiece(apply(slice, this.#text, [this.#at, end]));
        if (count === 0 && (top.due || !closes)) throw this.#failure(end);
        this.#at = end + 1;
        top.due = true;
        if (!closes) continue;
        value = top.value;
        top = top.below;
      } else if (top !== undefined && !top.due && top.isClosedBy(this.#peek())) {
        // Nothing but white space, and a lot of it.
        this.#at++;
        value = top.value;
        top = top.below;
      } else {
        if (top !== undefined && !top.isList) top.key = this.#key();
        const code = this.#peek();
        if (isOpening(code)) {
          this.#at++;
          top = new Open(code === OPEN_LIST, top);
          continue;
        }
        value = this.#primitive(code);
      }
      while (top !== undefined) {
        top.add(value);
        const code = this.#peek();
        if (!isClosing(code) && code !== COMMA) throw this.#failure(this.#at);
        if (code !== COMMA && !top.isClosedBy(code)) throw this.#failure(this.#at);
        this.#at++;
        top.due = true;
        if (code === COMMA) break;
        value = top.value;
        top = top.below;
      }
      if (top === undefined) {
        this.#peek();
        if (this.#at < this.#text.length) throw this.#failure(this.#at);
        return value;
      }
    }
  }
}

/** What `JSON.parse` makes of `text`. */
export const parseText = (text) => new Reader(text).read();
