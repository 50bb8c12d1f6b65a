// Values as text, for people to read. The values are a tenant's and may be hostile: no getter is called, no trap of a
// proxy is run, nothing is taken from prototypes, and the work is bounded by how much text may come of it.
import * as kind from "../kinds.js";
import { ITEMS_MAX, addContents, propertyValue } from "./inspect/contents.js";
import { hiddenErrorKeys, isInStack } from "./inspect/errors.js";
import { frameOf, lengthOf } from "./inspect/frames.js";
import { LINE_WIDTH, NESTING_ON_ONE_LINE, layOut } from "./inspect/layout.js";
import { STRING_LENGTH_MAX, keyText, primitiveText } from "./inspect/primitives.js";
import * as lang from "../primordials.js";
import { className, dataProperty, prefixOf, tagOf } from "./inspect/shape.js";
import { native } from "../native.js";
import { inspectors } from "../registered.js";

const DEPTH_DEFAULT = 4;
const DEPTH_MAX = 20;
/** What one call can print. */
export const TEXT_LENGTH_MAX = 64 * 1024;
const REMARK_LENGTH_MAX = 40;

const CUSTOM = Symbol.for("nodejs.util.inspect.custom");

// How values look, unless somebody wants it otherwise: how many items of a list and characters of a string are shown, how long a line
// is and how many levels may share it, and what gives the order of properties.
const STYLE = { itemsMax: ITEMS_MAX, stringMax: STRING_LENGTH_MAX, width: LINE_WIDTH, united: NESTING_ON_ONE_LINE, inOrder: (parts) => parts, paint: (text) => text };

/** `value` as text. Never throws. `style` is a part of what STYLE has. */
export function inspect(value, options = undefined) {
  const { depth, showHidden, textLengthMax, style } = { depth: DEPTH_DEFAULT, showHidden: false, textLengthMax: TEXT_LENGTH_MAX, ...options };
  const levels = typeof depth === "number" && depth < DEPTH_MAX ? depth : DEPTH_MAX;
  const look = style === undefined ? STYLE : { ...STYLE, ...style };
  return truncated(new Inspection(levels, showHidden, textLengthMax, look).text(value, 0), textLengthMax);
}

/** `text`, cut so that it is no longer than `lengthMax` together with the remark that it was cut. */
export function truncated(text, lengthMax) {
  if (text.length <= lengthMax) return text;
  const kept = lang.max(lengthMax - REMARK_LENGTH_MAX, 0);
  return `${lang.stringSlice(text, 0, kept)}... ${text.length - kept} more characters`;
}

class Inspection {
  #depth;
  #showHidden;
  // How much more text may be made, about.
  #room;
  #indentation = 0;
  // The objects that the value at hand lies in.
  #path = [];
  #circular = new lang.NativeMap();
  #circularCount = 0;
  // How deep the last object lay that was looked at: it tells how much nesting one line would have to show.
  #lastLevel = 0;
  #style;

  constructor(depth, showHidden, room, style) {
    this.#style = style;
    this.#depth = depth;
    this.#showHidden = showHidden;
    this.#room = room;
  }

  text(value, level) {
    const what = native.kindOf(value);
    if (what === kind.PRIMITIVE) return this.#spend(this.#style.paint(primitiveText(value, this.#style.stringMax), value));
    try {
      return this.#objectText(value, what, level);
    } catch {
      // For example the end of the stack, reached in the midst of something nested too deeply.
      return this.#spend("[uninspectable]");
    }
  }

  #spend(text) {
    this.#room -= text.length + 2;
    return text;
  }

  #objectText(value, what, level) {
    if (what === kind.PROXY) {
      const target = native.proxyTarget(value);
      return target === undefined ? this.#spend("<Revoked Proxy>") : this.text(target, level);
    }
    const path = this.#path;
    for (let i = 0; i < path.length; i++) {
      if (path[i] === value) return this.#spend(`[Circular *${this.#numberOf(value)}]`);
    }
    const indentation = this.#indentation;
    path[path.length] = value;
    try {
      const text = this.#customText(value, level) ?? this.#plainText(value, what, level);
      const number = lang.mapGet(this.#circular, value);
      return number === undefined ? text : `<ref *${number}> ${text}`;
    } finally {
      path.length--;
      this.#indentation = indentation;
    }
  }

  #numberOf(value) {
    let number = lang.mapGet(this.#circular, value);
    if (number === undefined) {
      number = ++this.#circularCount;
      lang.mapSet(this.#circular, value, number);
    }
    return number;
  }

  // Node's convention, by which libraries print their own objects. It runs the tenant's code, as the tenant wishes.
  #customText(value, level) {
    const custom = dataProperty(value, CUSTOM);
    if (typeof custom !== "function") return undefined;
    try {
      const depth = this.#depth - level;
      const options = { depth, showHidden: this.#showHidden, stylize: (text) => `${text}` };
      const shown = lang.apply(custom, value, [depth, options, inspect]);
      if (shown === value) return undefined;
      return typeof shown === "string" ? this.#indented(this.#spend(truncated(shown, TEXT_LENGTH_MAX))) : this.text(shown, level);
    } catch {
      return undefined;
    }
  }

  #plainText(value, what, level) {
    const constructor = className(value);
    const described = what === kind.PLAIN && constructor !== "Object" ? describe(value) : undefined;
    if (described !== undefined) return this.#describedText(described, constructor, level);

    const length = lengthOf(value, what);
    const tag = tagOf(value, constructor);
    const { base, open, close, isList } = frameOf({ value, what, constructor, tag, length });
    const keys = this.#keysOf(value, what, base);
    if (length === 0 && keys.length === 0) return this.#spend(base === "" ? open + close : this.#indented(base));
    if (level > this.#depth) return this.#spend(`[${shortName(constructor, tag, what)}]`);
    this.#lastLevel = level;

    const parts = [];
    const child = (inner) => this.#child(inner, level);
    const extraParts = addContents({ value, what, length, parts, child, spend: (text) => this.#spend(text), hasRoom: () => this.#room > 0, itemsMax: this.#style.itemsMax });
    this.#addProperties(value, keys, parts, child);
    const alignRight = what === kind.TYPED_ARRAY || (isList && areNumbers(value, parts.length - extraParts));
    return this.#laidOut({ parts, base: this.#indented(base), open, close, isList: isList && keys.length === 0, alignRight, extraParts }, level);
  }

  #describedText(described, constructor, level) {
    if (typeof described === "string") return this.#spend(described);
    const { name = constructor ?? "Object", fields, entries, items } = described;
    const [open, close] = items === undefined ? [`${name} {`, "}"] : [`${name} [`, "]"];
    if (level > this.#depth) return this.#spend(`[${name}]`);
    this.#lastLevel = level;
    const parts = [];
    const child = (inner) => this.#child(inner, level);
    if (fields !== undefined) this.#addProperties(fields, lang.ownKeys(fields), parts, child);
    for (let i = 0; entries !== undefined && i < entries.length && this.#room > 0; i++) {
      parts[parts.length] = `${child(entries[i][0])} => ${child(entries[i][1])}`;
    }
    for (let i = 0; items !== undefined && i < items.length && this.#room > 0; i++) parts[parts.length] = child(items[i]);
    if (parts.length === 0) return this.#spend(open + close);
    return this.#laidOut({ parts, base: "", open, close, isList: false, alignRight: false, extraParts: 0 }, level);
  }

  #child(value, level) {
    this.#indentation += 2;
    const text = this.text(value, level + 1);
    this.#indentation -= 2;
    return text;
  }

  #laidOut(parts, level) {
    return layOut({ ...parts, indentation: this.#indentation, nesting: this.#lastLevel - level, width: this.#style.width, united: this.#style.united });
  }

  #indented(text) {
    if (this.#indentation === 0 || !lang.stringIncludes(text, "\n")) return text;
    return indentLines(text, lang.stringRepeat(" ", this.#indentation));
  }

  #keysOf(value, what, base) {
    const listed = this.#showHidden ? lang.ownNames(value) : isIndexed(what) ? native.namedKeys(value) : lang.ownKeys(value);
    const keys = [];
    for (let i = 0; i < listed.length; i++) {
      if (!isShownAnyway(value, what, listed[i], base)) keys[keys.length] = listed[i];
    }
    const symbols = lang.ownSymbols(value);
    for (let i = 0; i < symbols.length; i++) {
      if (this.#showHidden || lang.isEnumerable(value, symbols[i])) keys[keys.length] = symbols[i];
    }
    const hidden = what === kind.ERROR && !this.#showHidden ? hiddenErrorKeys(value) : [];
    for (let i = 0; i < hidden.length; i++) keys[keys.length] = hidden[i];
    return keys;
  }

  #addProperties(value, keys, parts, child) {
    const texts = [];
    for (let i = 0; i < keys.length && this.#room > 0; i++) texts[i] = this.#propertyText(value, keys[i], child);
    const rest = keys.length - texts.length;
    const ordered = this.#style.inOrder(texts);
    for (let i = 0; i < ordered.length; i++) parts[parts.length] = ordered[i];
    if (rest > 0) parts[parts.length] = this.#spend(`... ${rest} more properties`);
  }

  #propertyText(value, key, child) {
    let descriptor;
    try {
      descriptor = lang.descriptorOf(value, key);
    } catch {
      // A binding of a module that has not been evaluated so far.
      return this.#spend(`${keyText(key)}: <uninitialized>`);
    }
    if (descriptor === undefined) return this.#spend(`${keyText(key)}: undefined`);
    const shown = this.#spend(keyText(key));
    const name = descriptor.enumerable || typeof key === "symbol" ? shown : `[${shown}]`;
    return `${name}: ${propertyValue(descriptor, child, (text) => this.#spend(text))}`;
  }
}

function describe(value) {
  for (let i = 0; i < inspectors.length; i++) {
    if (inspectors[i].is(value)) return inspectors[i].describe(value);
  }
  return undefined;
}

function shortName(constructor, tag, what) {
  if (what === kind.ARRAY && constructor === "Array" && tag === "") return "Array";
  return lang.stringSlice(prefixOf(constructor, tag, "Object"), 0, -1);
}

// Which properties the text before the braces, or the contents, show already.
function isShownAnyway(value, what, key, base) {
  switch (what) {
    case kind.ERROR:
      return isInStack(value, key, base);
    case kind.STRING_OBJECT:
    case kind.ARRAY:
    case kind.TYPED_ARRAY:
    case kind.ARGUMENTS:
      return isIndex(key);
    default:
      return false;
  }
}

// Of these, native code lists the named properties alone: a long list would have a string made for each of its items.
const isIndexed = (what) => what === kind.ARRAY || what === kind.TYPED_ARRAY || what === kind.ARGUMENTS;

function isIndex(key) {
  const unit = key === "" ? 0 : lang.codeUnitAt(key, 0);
  return unit >= 0x30 && unit <= 0x39 && `${lang.toNumber(key) >>> 0}` === key;
}

function areNumbers(list, count) {
  for (let i = 0; i < count; i++) {
    const type = typeof lang.descriptorOf(list, i)?.value;
    if (type !== "number" && type !== "bigint") return false;
  }
  return true;
}

/** Puts `indent` before each line but the first. */
export function indentLines(text, indent) {
  let result = "";
  let start = 0;
  for (;;) {
    const end = lang.stringIndexOf(text, "\n", start);
    if (end === -1) return result + lang.stringSlice(text, start);
    result += lang.stringSlice(text, start, end + 1) + indent;
    start = end + 1;
  }
}
