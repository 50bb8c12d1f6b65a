// Whether two values are the same all the way down: strictly, or as far as `==` would have it.
import * as kind from "../../kinds.js";
import { native } from "../../native.js";

const tagOf = Function.prototype.call.bind(Object.prototype.toString);
const isObject = (value) => typeof value === "object" && value !== null;

export const isDeepStrictEqual = (one, other) => new Comparison(true).same(one, other);
export const isDeepLooseEqual = (one, other) => new Comparison(false).same(one, other);

class Comparison {
  #strict;
  // Pairs under way: what is compared with the same again is the same as far as it is concerned.
  #ones = [];
  #others = [];

  constructor(strict) {
    this.#strict = strict;
  }

  same(one, other) {
    if (one === other) return one !== 0 || !this.#strict || Object.is(one, other);
    if (this.#strict) {
      if (typeof one !== "object") return typeof one === "number" && Number.isNaN(one) && Number.isNaN(other);
      if (typeof other !== "object" || one === null || other === null) return false;
      if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
    } else {
      if (!isObject(one)) {
        if (isObject(other)) return false;
        // eslint-disable-next-line eqeqeq
        return one == other || (Number.isNaN(one) && Number.isNaN(other));
      }
      if (!isObject(other)) return false;
    }
    if (tagOf(one) !== tagOf(other)) return false;
    const what = native.kindOf(one);
    return what === native.kindOf(other) && this.#sameContents(one, other, what);
  }

  #sameContents(one, other, what) {
    switch (what) {
      case kind.ARRAY:
        return one.length === other.length && this.#sameMembers(one, other, what);
      case kind.DATE:
        if (!Object.is(Date.prototype.getTime.call(one), Date.prototype.getTime.call(other))) return false;
        break;
      case kind.REGEXP:
        if (`${one}` !== `${other}` || one.lastIndex !== other.lastIndex) return false;
        break;
      case kind.ERROR:
        if (one.message !== other.message || one.name !== other.name) return false;
        if (!this.#sameHidden(one, other, "cause") || !this.#sameHidden(one, other, "errors")) return false;
        break;
      case kind.TYPED_ARRAY:
      case kind.DATA_VIEW:
      case kind.ARRAY_BUFFER:
        if (!this.#sameBytes(one, other, what)) return false;
        break;
      case kind.BOOLEAN_OBJECT:
      case kind.NUMBER_OBJECT:
      case kind.STRING_OBJECT:
      case kind.BIGINT_OBJECT:
      case kind.SYMBOL_OBJECT:
        if (!Object.is(one.valueOf(), other.valueOf())) return false;
        break;
      case kind.SET:
      case kind.MAP:
        if (one.size !== other.size) return false;
        break;
      case kind.WEAK_MAP:
      case kind.WEAK_SET:
      case kind.PROMISE:
        return false;
      default:
        break;
    }
    return this.#sameMembers(one, other, what);
  }

  #sameHidden(one, other, key) {
    if (Object.hasOwn(one, key) !== Object.hasOwn(other, key)) return false;
    return !Object.hasOwn(one, key) || this.same(one[key], other[key]);
  }

  #sameBytes(one, other, what) {
    if (one.byteLength !== other.byteLength) return false;
    // Minus zero is zero, and NaN is none other, where one looks at numbers.
    if (what === kind.TYPED_ARRAY && (one instanceof Float32Array || one instanceof Float64Array)) {
      for (let i = 0; i < one.length; i++) {
        if (this.#strict ? !Object.is(one[i], other[i]) : one[i] !== other[i] && !(Number.isNaN(one[i]) && Number.isNaN(other[i]))) return false;
      }
      return true;
    }
    return native.bufferCompare(one, other) === 0;
  }

  #sameMembers(one, other, what) {
    const isList = what === kind.ARRAY || what === kind.TYPED_ARRAY;
    const keys = isList ? native.namedKeys(one) : Object.keys(one);
    const otherKeys = isList ? native.namedKeys(other) : Object.keys(other);
    if (keys.length !== otherKeys.length) return false;
    for (const key of keys) {
      if (!Object.prototype.propertyIsEnumerable.call(other, key)) return false;
    }
    if (this.#strict) {
      const symbols = enumerableSymbols(one);
      if (symbols.length !== enumerableSymbols(other).length) return false;
      for (const symbol of symbols) {
        if (!Object.prototype.propertyIsEnumerable.call(other, symbol)) return false;
        keys.push(symbol);
      }
    }
    for (let i = this.#ones.length - 1; i >= 0; i--) {
      if (this.#ones[i] === one) return this.#others[i] === other;
    }
    this.#ones.push(one);
    this.#others.push(other);
    const same = this.#sameItems(one, other, what) && keys.every((key) => this.same(one[key], other[key]));
    this.#ones.pop();
    this.#others.pop();
    return same;
  }

  #sameItems(one, other, what) {
    if (what === kind.SET) return this.#sameSets(one, other);
    if (what === kind.MAP) return this.#sameMaps(one, other);
    if (what !== kind.ARRAY) return true;
    for (let i = 0; i < one.length; i++) {
      if (Object.hasOwn(one, i) !== Object.hasOwn(other, i) && this.#strict) return false;
      if (!this.same(one[i], other[i])) return false;
    }
    return true;
  }

  #sameSets(one, other) {
    const unmatched = [];
    for (const value of one) {
      if (other.has(value)) continue;
      if (this.#strict && !isObject(value)) return false;
      unmatched.push(value);
    }
    const rest = unmatched.length === 0 ? [] : [...other].filter((value) => !one.has(value));
    return unmatched.every((value) => takeOut(rest, (candidate) => this.same(value, candidate)));
  }

  #sameMaps(one, other) {
    const unmatched = [];
    for (const [key, value] of one) {
      if (other.has(key)) {
        if (!this.same(value, other.get(key))) return false;
      } else if (this.#strict && !isObject(key)) {
        return false;
      } else {
        unmatched.push([key, value]);
      }
    }
    const rest = unmatched.length === 0 ? [] : [...other].filter(([key]) => !one.has(key));
    return unmatched.every(([key, value]) => takeOut(rest, (candidate) => this.same(key, candidate[0]) && this.same(value, candidate[1])));
  }
}

const enumerableSymbols = (object) => Object.getOwnPropertySymbols(object).filter((one) => Object.prototype.propertyIsEnumerable.call(object, one));

function takeOut(list, matches) {
  const at = list.findIndex(matches);
  if (at === -1) return false;
  list.splice(at, 1);
  return true;
}
