// The language's own functions, taken before any tenant's code can replace them: an inspector that called a patched one
// would run hostile code while it looks at hostile values.
const uncurry = (method) => Function.prototype.call.bind(method);
const getter = (prototype, key) => uncurry(Object.getOwnPropertyDescriptor(prototype, key).get);

export const { apply } = Reflect;
export const {
  keys: ownKeys,
  getOwnPropertyNames: ownNames,
  getOwnPropertySymbols: ownSymbols,
  getOwnPropertyDescriptor: descriptorOf,
  getPrototypeOf: prototypeOf,
  hasOwn,
} = Object;
export const isEnumerable = uncurry(Object.prototype.propertyIsEnumerable);

export const stringSlice = uncurry(String.prototype.slice);
export const stringIncludes = uncurry(String.prototype.includes);
export const stringStartsWith = uncurry(String.prototype.startsWith);
export const stringIndexOf = uncurry(String.prototype.indexOf);
export const stringRepeat = uncurry(String.prototype.repeat);
export const stringPadEnd = uncurry(String.prototype.padEnd);
export const stringPadStart = uncurry(String.prototype.padStart);
export const codeUnitAt = uncurry(String.prototype.charCodeAt);
export const codePointAt = uncurry(String.prototype.codePointAt);
export const numberToString = uncurry(Number.prototype.toString);
export const symbolToString = uncurry(Symbol.prototype.toString);
export const functionToString = uncurry(Function.prototype.toString);
export const dateTime = uncurry(Date.prototype.getTime);
export const dateToISOString = uncurry(Date.prototype.toISOString);
export const booleanValue = uncurry(Boolean.prototype.valueOf);
export const numberValue = uncurry(Number.prototype.valueOf);
export const stringValue = uncurry(String.prototype.valueOf);
export const bigIntValue = uncurry(BigInt.prototype.valueOf);
export const symbolValue = uncurry(Symbol.prototype.valueOf);
export const regExpSource = getter(RegExp.prototype, "source");
export const mapSize = getter(Map.prototype, "size");
export const mapForEach = uncurry(Map.prototype.forEach);
export const mapGet = uncurry(Map.prototype.get);
export const mapSet = uncurry(Map.prototype.set);
export const setSize = getter(Set.prototype, "size");
export const setForEach = uncurry(Set.prototype.forEach);
export const bufferLength = getter(ArrayBuffer.prototype, "byteLength");
export const TypedArray = Object.getPrototypeOf(Uint8Array);
export const typedArrayName = getter(TypedArray.prototype, Symbol.toStringTag);
export const typedArrayLength = getter(TypedArray.prototype, "length");
export const dataViewBuffer = getter(DataView.prototype, "buffer");
export const dataViewOffset = getter(DataView.prototype, "byteOffset");
export const dataViewLength = getter(DataView.prototype, "byteLength");
export const NativeMap = Map;
export const Bytes = Uint8Array;
export const { isNaN: numberIsNaN, parseFloat, parseInt } = Number;
export const toNumber = Number;
export const toText = String;
export const toJson = JSON.stringify;
export const { isArray } = Array;
export const { floor, max, min, round, sqrt } = Math;

/** Joins a list of strings. */
export function joined(list, separator) {
  let text = list.length > 0 ? list[0] : "";
  for (let i = 1; i < list.length; i++) text += separator + list[i];
  return text;
}
