// WebAssembly's memories count as the isolate's, which V8 does not see to: whatever makes one, or may have made one, tells
// the platform. Memory that is shared between threads is refused: there are no threads, and shared memory is a clock.
import { guardValue } from "./bounded/guard.js";
import { native } from "./native.js";

const { construct } = Reflect;
const { defineProperty, getOwnPropertyDescriptor } = Object;
const uncurry = (method) => Function.prototype.call.bind(method);

// V8 adds WebAssembly to each context when it is made, so that it is not in the startup snapshot; and most workers never
// ask for it.
/** Sees to it that memories are counted from the first time that somebody looks at `WebAssembly`. */
export function countWasmMemories() {
  const real = globalThis.WebAssembly;
  if (real === undefined) return;
  const define = (value) =>
    defineProperty(globalThis, "WebAssembly", { value, writable: true, enumerable: false, configurable: true });
  defineProperty(globalThis, "WebAssembly", {
    get() {
      replace(real);
      define(real);
      return real;
    },
    set: define,
    enumerable: false,
    configurable: true,
  });
}

function replace(WebAssembly) {
  const { Instance: RealInstance, Memory: RealMemory, instantiate: realInstantiate } = WebAssembly;
  const exportsOf = uncurry(getOwnPropertyDescriptor(RealInstance.prototype, "exports").get);
  const realGrow = uncurry(RealMemory.prototype.grow);

  function counted(instance, module) {
    native.wasmCountInstance(instance, module, exportsOf(instance));
    return instance;
  }

  function Memory(descriptor) {
    if (new.target === undefined) throw new TypeError("WebAssembly.Memory must be invoked with 'new'");
    const memory = construct(RealMemory, arguments, new.target === Memory ? RealMemory : new.target);
    native.wasmCountMemory(memory, 0);
    return memory;
  }

  function Instance(module, imports = undefined) {
    if (new.target === undefined) throw new TypeError("WebAssembly.Instance must be invoked with 'new'");
    return counted(construct(RealInstance, arguments, new.target === Instance ? RealInstance : new.target), module);
  }

  const methods = {
    grow(delta) {
      // Looked at once: what gives two different numbers must not get by.
      const pages = Number(delta);
      native.wasmCountMemory(this, pages >>> 0);
      return realGrow(this, pages);
    },
    // Bytes are refused by the engine, so this is a module, and what comes of it an instance.
    async instantiate(module, imports = undefined) {
      return counted(await realInstantiate(module, imports), module);
    },
  };

  for (const [wrapper, original] of [[Memory, RealMemory], [Instance, RealInstance]]) {
    const { prototype } = original;
    defineProperty(wrapper, "prototype", { value: prototype, writable: false, enumerable: false, configurable: false });
    guardValue(prototype, "constructor", wrapper);
    guardValue(WebAssembly, wrapper.name, wrapper);
  }
  guardValue(RealMemory.prototype, "grow", methods.grow);
  guardValue(WebAssembly, "instantiate", methods.instantiate);
}
