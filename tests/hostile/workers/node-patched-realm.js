// harm: prototypes that were patched before modules of Node are loaded
// expect: 200 - ok or 500 worker-exception exception
// limits: cpu_ms=2000
const bad = () => {
  throw new Error("patched");
};

export default {
  async fetch() {
    const kept = Object.getOwnPropertyDescriptors(Array.prototype);
    for (const name of ["push", "map", "slice", "shift", Symbol.iterator]) {
      Object.defineProperty(Array.prototype, name, { get: bad, set: bad, configurable: true });
    }
    Object.defineProperty(Object.prototype, "get", { value: () => 7, configurable: true, writable: true });
    let text = "";
    for (const name of ["node:crypto", "node:zlib", "node:stream", "node:util"]) {
      await import(name).then(
        () => (text += "loaded "),
        () => (text += "failed "),
      );
    }
    delete Object.prototype.get;
    Object.defineProperties(Array.prototype, kept);
    return new Response(text);
  },
};
