// What is asked of bytes that are secret, or about to be: never through a prototype that a tenant may have changed.
const uncurry = (method) => Function.prototype.call.bind(method);
const TypedArray = Object.getPrototypeOf(Uint8Array);
const typedArrayName = uncurry(Object.getOwnPropertyDescriptor(TypedArray.prototype, Symbol.toStringTag).get);

/** How many bytes a Uint8Array has. */
export const lengthOf = uncurry(Object.getOwnPropertyDescriptor(TypedArray.prototype, "byteLength").get);

const { isView } = ArrayBuffer;
export const isUint8Array = (value) => isView(value) && typedArrayName(value) === "Uint8Array";
