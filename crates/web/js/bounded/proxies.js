// Which arrays are what they seem. A proxy of an array passes for one, but its length can be another number each time
// that it is asked for: what is decided by its length must not be left to a built-in, which asks again.
import { guard, guardValue } from "./guard.js";

const { isArray } = Array;
const { apply } = Reflect;
const NativeProxy = Proxy;
const proxies = new WeakSet();
const { add, has } = WeakSet.prototype;
// Most programs have none, and pay for one look at this.
let any = false;

function remember(target, proxy) {
  let array;
  try {
    array = isArray(target);
  } catch {
    // A revoked one; a proxy of it is never taken for an array.
    return;
  }
  if (array) {
    any = true;
    apply(add, proxies, [proxy]);
  }
}

/** True for arrays whose length does not lie. */
export const isRealArray = (value) => isArray(value) && (!any || !apply(has, proxies, [value]));

guard(NativeProxy, {
  revocable(target, handler) {
    const result = super.revocable(target, handler);
    remember(target, result.proxy);
    return result;
  },
});

// Bound, since a bound function has no `prototype`, as the original has none.
const guarded = function (target, handler) {
  if (new.target === undefined) return NativeProxy(target, handler);
  const proxy = new NativeProxy(target, handler);
  remember(target, proxy);
  return proxy;
}.bind(undefined);
for (const key of Reflect.ownKeys(NativeProxy)) Object.defineProperty(guarded, key, Object.getOwnPropertyDescriptor(NativeProxy, key));
guardValue(globalThis, "Proxy", guarded);
