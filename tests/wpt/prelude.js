// What stands before testharness.js in the worker that a test becomes. BASE is the test's URL on the server of the checkout.
globalThis.location = new URL(BASE);
globalThis.GLOBAL = { isWindow: () => false, isWorker: () => true, isShadowRealm: () => false };
globalThis.importScripts = () => {};

// A worker of Mote has no URL that others could be relative to. Tests have one.
const { Request: PlatformRequest } = globalThis;
const absolute = (input) => {
  if (input instanceof PlatformRequest || typeof input === "symbol") return input;
  return URL.canParse(input) ? input : (URL.parse(input, BASE)?.href ?? input);
};
const { fetch: fetchAbsolute } = globalThis;
globalThis.fetch = function fetch(input, init) {
  return arguments.length === 0 ? fetchAbsolute() : fetchAbsolute(absolute(input), init);
};
const relative = (Interface) =>
  new Proxy(Interface, {
    construct: (Target, all, newTarget) =>
      Reflect.construct(Target, all.length === 0 ? all : [absolute(all[0]), ...all.slice(1)], newTarget),
  });
// Interface tests look at the interface itself.
if (!INTERFACES) {
  globalThis.Request = relative(Request);
  globalThis.EventSource = relative(EventSource);
}

// A worker has no FileReader. Tests of other things use it to look into blobs; tests of it are skipped.
if (!INTERFACES) globalThis.FileReader = class FileReader extends EventTarget {
  async #read(reading) {
    this.result = await reading;
    for (const type of ["load", "loadend"]) {
      const event = new Event(type);
      this[`on${type}`]?.(event);
      this.dispatchEvent(event);
    }
  }
  readAsText(blob) {
    this.#read(blob.text());
  }
  readAsArrayBuffer(blob) {
    this.#read(blob.arrayBuffer());
  }
};
