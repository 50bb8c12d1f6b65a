// An error's stack, read without being led astray: `stack` may be an accessor that a tenant made, and even V8's own
// runs `Error.prepareStackTrace`, which is the tenant's, when it is read for the first time.
const descriptorOf = Object.getOwnPropertyDescriptor;
const apply = Reflect.apply;
// Where `stack` is an accessor, it is this one; where V8 shows it as data, there is none.
const nativeStack = descriptorOf(new Error(), "stack").get;

/** The stack as a string, or undefined if there is none that could be trusted to be one. */
export function stackOf(error) {
  try {
    const descriptor = descriptorOf(error, "stack");
    if (descriptor === undefined) return undefined;
    const stack = descriptor.get === undefined ? descriptor.value : descriptor.get === nativeStack ? apply(nativeStack, error, []) : undefined;
    return typeof stack === "string" ? stack : undefined;
  } catch {
    return undefined;
  }
}
