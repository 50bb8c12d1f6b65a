// How a built-in is replaced. V8 stops a runaway turn where JavaScript enters a function or goes round a loop, and nowhere
// inside of a built-in that is written in C++ or that runs through a billion indices. What could run for long is therefore
// replaced by a method written in JavaScript that calls the original in pieces, or at least once it was looked at.
//
// The methods call what they replace as `super.name(...)`: that keeps `this`, is as fast as a call can be, and finds the
// original where no tenant can reach it.
const { ownKeys, getOwnPropertyDescriptor, defineProperty, setPrototypeOf, apply } = Reflect;

// From each replacement to its original: as text, a replacement looks like the original.
const originalOf = new Map();
const get = Map.prototype.get;
const functionToString = Function.prototype.toString;

function stand(replacement, original) {
  if (typeof replacement === "function" && typeof original === "function") originalOf.set(replacement, original);
}

/** Puts the methods of `replacements` in the place of those of `target`; what this engine does not have is passed over. */
export function guard(target, replacements) {
  const originals = { __proto__: null };
  for (const key of ownKeys(replacements)) {
    const original = getOwnPropertyDescriptor(target, key);
    if (original === undefined) continue;
    defineProperty(originals, key, original);
    const replacement = getOwnPropertyDescriptor(replacements, key);
    stand(replacement.value, original.value);
    stand(replacement.get, original.get);
    // Whether it can be written, listed and taken away stays as it was.
    const { value, get } = replacement;
    defineProperty(target, key, value === undefined ? { get } : { value });
  }
  setPrototypeOf(replacements, originals);
}

/** Puts a function in the place of a constructor or of a global function. */
export function guardValue(target, key, replacement) {
  stand(replacement, target[key]);
  defineProperty(target, key, { value: replacement });
}

// Makers of methods that only call the original, by how many arguments they name: a `length` of its own would cost each
// method a shape of its own.
const makers = [
  (name, original) => ({ [name]() { return apply(original, this, arguments); } }),
  (name, original) => ({ [name](a) { return apply(original, this, arguments); } }),
  (name, original) => ({ [name](a, b) { return apply(original, this, arguments); } }),
];

/**
 * Replaces methods of which it is enough that they are looked at each time they are called, also by a native. One piece of
 * code serves all of them, since they are slow anyway.
 */
export function guardEntries(target, names) {
  for (const name of names) {
    const original = target?.[name];
    if (typeof original === "function") guardValue(target, name, makers[original.length](name, original)[name]);
  }
}

/** As `guardEntries`, for getters that give a bound function, the same one each time. */
export function guardBound(target, name) {
  const bound = new WeakMap();
  const { get: weakGet, set: weakSet } = WeakMap.prototype;
  guard(target, {
    get [name]() {
      const original = super[name];
      let entry = apply(weakGet, bound, [original]);
      if (entry === undefined) {
        entry = { "": (...args) => apply(original, undefined, args) }[""];
        defineProperty(entry, "length", { value: original.length });
        apply(weakSet, bound, [original, entry]);
      }
      return entry;
    },
  });
}

guard(Function.prototype, {
  toString() {
    return apply(functionToString, apply(get, originalOf, [this]) ?? this, []);
  },
});
