// `node:util/types`: what a value is, whatever its prototype says.
import { isCryptoKey } from "../../lazy/crypto/key.js";
import * as kind from "../../kinds.js";
import { native } from "../../native.js";

const typedArrayName = Function.prototype.call.bind(Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get);
const tagOf = Function.prototype.call.bind(Object.prototype.toString);

const isKind = (...kinds) => (value) => kinds.includes(native.kindOf(value));
const isArrayOf = (name) => (value) => native.kindOf(value) === kind.TYPED_ARRAY && typedArrayName(value) === name;

export const isAnyArrayBuffer = isKind(kind.ARRAY_BUFFER, kind.SHARED_ARRAY_BUFFER);
export const isArgumentsObject = isKind(kind.ARGUMENTS);
export const isArrayBuffer = isKind(kind.ARRAY_BUFFER);
export const isArrayBufferView = ArrayBuffer.isView;
export const isBigIntObject = isKind(kind.BIGINT_OBJECT);
export const isBooleanObject = isKind(kind.BOOLEAN_OBJECT);
export const isBoxedPrimitive = isKind(kind.BOOLEAN_OBJECT, kind.NUMBER_OBJECT, kind.STRING_OBJECT, kind.BIGINT_OBJECT, kind.SYMBOL_OBJECT);
export const isDataView = isKind(kind.DATA_VIEW);
export const isDate = isKind(kind.DATE);
export const isExternal = isKind(kind.OTHER);
export const isGeneratorObject = isKind(kind.GENERATOR);
export const isMap = isKind(kind.MAP);
export const isMapIterator = isKind(kind.MAP_ITERATOR);
export const isModuleNamespaceObject = isKind(kind.MODULE_NAMESPACE);
export const isNativeError = isKind(kind.ERROR);
export const isNumberObject = isKind(kind.NUMBER_OBJECT);
export const isPromise = isKind(kind.PROMISE);
export const isProxy = isKind(kind.PROXY);
export const isRegExp = isKind(kind.REGEXP);
export const isSet = isKind(kind.SET);
export const isSetIterator = isKind(kind.SET_ITERATOR);
export const isSharedArrayBuffer = isKind(kind.SHARED_ARRAY_BUFFER);
export const isStringObject = isKind(kind.STRING_OBJECT);
export const isSymbolObject = isKind(kind.SYMBOL_OBJECT);
export const isTypedArray = isKind(kind.TYPED_ARRAY);
export const isWeakMap = isKind(kind.WEAK_MAP);
export const isWeakSet = isKind(kind.WEAK_SET);

export const isBigInt64Array = isArrayOf("BigInt64Array");
export const isBigUint64Array = isArrayOf("BigUint64Array");
export const isFloat16Array = isArrayOf("Float16Array");
export const isFloat32Array = isArrayOf("Float32Array");
export const isFloat64Array = isArrayOf("Float64Array");
export const isInt16Array = isArrayOf("Int16Array");
export const isInt32Array = isArrayOf("Int32Array");
export const isInt8Array = isArrayOf("Int8Array");
export const isUint16Array = isArrayOf("Uint16Array");
export const isUint32Array = isArrayOf("Uint32Array");
export const isUint8Array = isArrayOf("Uint8Array");
export const isUint8ClampedArray = isArrayOf("Uint8ClampedArray");

// V8 is not asked what a function is: its tag says so, unless somebody has changed it.
export const isAsyncFunction = (value) => native.kindOf(value) === kind.FUNCTION && /^\[object Async(Generator)?Function\]$/.test(tagOf(value));
export const isGeneratorFunction = (value) => native.kindOf(value) === kind.FUNCTION && /^\[object (Async)?GeneratorFunction\]$/.test(tagOf(value));

const keyObjects = new WeakSet();
/** Makes `isKeyObject` know one. */
export const rememberKeyObject = (object) => keyObjects.add(object);
export const isKeyObject = (value) => typeof value === "object" && value !== null && keyObjects.has(value);
export { isCryptoKey };

export default {
  isAnyArrayBuffer,
  isArgumentsObject,
  isArrayBuffer,
  isArrayBufferView,
  isAsyncFunction,
  isBigInt64Array,
  isBigIntObject,
  isBigUint64Array,
  isFloat16Array,
  isBooleanObject,
  isBoxedPrimitive,
  isCryptoKey,
  isDataView,
  isDate,
  isExternal,
  isFloat32Array,
  isFloat64Array,
  isGeneratorFunction,
  isGeneratorObject,
  isInt16Array,
  isInt32Array,
  isInt8Array,
  isKeyObject,
  isMap,
  isMapIterator,
  isModuleNamespaceObject,
  isNativeError,
  isNumberObject,
  isPromise,
  isProxy,
  isRegExp,
  isSet,
  isSetIterator,
  isSharedArrayBuffer,
  isStringObject,
  isSymbolObject,
  isTypedArray,
  isUint16Array,
  isUint32Array,
  isUint8Array,
  isUint8ClampedArray,
  isWeakMap,
  isWeakSet,
};
