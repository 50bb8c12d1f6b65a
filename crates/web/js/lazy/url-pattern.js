// URLPattern (https://urlpattern.spec.whatwg.org/). A native takes patterns apart and makes a regular expression of each component,
// as the standard says; V8 matches them, under the limits of all of the worker's code.
import { USVString, defineInterface, dictionary, isObject } from "../webidl.js";
import { native } from "../native.js";
import { showFields } from "../platform-values.js";

const { construct } = Reflect;
const NativeRegExp = RegExp;
const exec = Function.prototype.call.bind(RegExp.prototype.exec);

const NAMES = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];
const COMPONENTS = NAMES.length;
const PATTERN = 0;
const EXPRESSION = 1;
const GROUPS = 2;

let isURLPattern;

export class URLPattern {
  // Of each component, in the order of NAMES: { pattern, expression, groups }.
  #components;
  #hasRegExpGroups;

  constructor(input = undefined, baseURLOrOptions = undefined, options = undefined) {
    const what = "URLPattern constructor";
    const given = inputOf(input, what);
    const hasBase = arguments.length > 2 || typeof baseURLOrOptions === "string";
    const base = hasBase ? USVString(baseURLOrOptions) : undefined;
    const { ignoreCase } = dictionary(hasBase ? options : baseURLOrOptions, `${what}: the options`);
    const parsed = native.urlPatternParse(given, base, !!ignoreCase);
    this.#hasRegExpGroups = parsed[COMPONENTS];
    this.#components = [];
    for (let i = 0; i < COMPONENTS; i++) {
      const component = parsed[i];
      const expression = expressionOf(component[EXPRESSION], !!ignoreCase, NAMES[i]);
      this.#components[i] = { pattern: component[PATTERN], expression, groups: component[GROUPS] };
    }
  }

  get protocol() {
    return this.#components[0].pattern;
  }

  get username() {
    return this.#components[1].pattern;
  }

  get password() {
    return this.#components[2].pattern;
  }

  get hostname() {
    return this.#components[3].pattern;
  }

  get port() {
    return this.#components[4].pattern;
  }

  get pathname() {
    return this.#components[5].pattern;
  }

  get search() {
    return this.#components[6].pattern;
  }

  get hash() {
    return this.#components[7].pattern;
  }

  get hasRegExpGroups() {
    return this.#hasRegExpGroups;
  }

  test(input = undefined, baseURL = undefined) {
    const components = this.#components;
    const values = native.urlPatternInput(inputOf(input, "URLPattern.test"), baseOf(baseURL));
    if (values === undefined) return false;
    for (let i = 0; i < COMPONENTS; i++) {
      if (match(components[i].expression, values[i]) === null) return false;
    }
    return true;
  }

  exec(input = undefined, baseURL = undefined) {
    const components = this.#components;
    const given = inputOf(input, "URLPattern.exec");
    const base = baseOf(baseURL);
    const values = native.urlPatternInput(given, base);
    if (values === undefined) return null;
    const result = { inputs: base === undefined ? [shownInput(given)] : [shownInput(given), base] };
    for (let i = 0; i < COMPONENTS; i++) {
      const { expression, groups } = components[i];
      const found = match(expression, values[i]);
      if (found === null) return null;
      const named = {};
      for (let group = 0; group < groups.length; group++) named[groups[group]] = found[group + 1];
      result[NAMES[i]] = { input: values[i], groups: named };
    }
    return result;
  }

  static {
    isURLPattern = (value) => isObject(value) && #components in value;
  }
}
defineInterface(URLPattern, "URLPattern");
showFields(isURLPattern, URLPattern, [...NAMES, "hasRegExpGroups"]);

function match(expression, value) {
  expression.lastIndex = 0;
  return exec(expression, value);
}

function expressionOf(text, ignoreCase, name) {
  try {
    return construct(NativeRegExp, [text, ignoreCase ? "vi" : "v"]);
  } catch (error) {
    throw new TypeError(`URLPattern constructor: the pattern of ${name} has a group that is no regular expression: ${error.message}`);
  }
}

const baseOf = (value) => (value === undefined ? undefined : USVString(value));

// A string, or the members of a URLPatternInit as a list; undefined for those that are not there.
function inputOf(input, what) {
  if (input !== undefined && input !== null && !isObject(input)) return USVString(input);
  const { baseURL, hash, hostname, password, pathname, port, protocol, search, username } = dictionary(input, `${what}: the first argument`);
  const members = [protocol, username, password, hostname, port, pathname, search, hash, baseURL];
  for (let i = 0; i < members.length; i++) {
    if (members[i] !== undefined) members[i] = USVString(members[i]);
  }
  return members;
}

function shownInput(given) {
  if (typeof given === "string") return given;
  const init = {};
  for (let i = 0; i < COMPONENTS; i++) {
    if (given[i] !== undefined) init[NAMES[i]] = given[i];
  }
  if (given[COMPONENTS] !== undefined) init.baseURL = given[COMPONENTS];
  return init;
}
