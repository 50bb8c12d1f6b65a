import data from "../imported.js";
import * as all from "../imported.js";

import { outcome } from "../outcome.js";

// Names that a bundler cannot follow.
const [MISSING, BOGUS] = ["../missing", "bogus:"].map((name) => `${name}thing.js`);

const atTop = await Promise.resolve("awaited at the top");

export default {
  "default and named": () => [data, all.named],
  "live binding": () => {
    all.increment();
    return all.counter;
  },
  "namespace": () => [Object.keys(all), all[Symbol.toStringTag], Object.isExtensible(all)],
  "assigning to a namespace": () => {
    all.named = 1;
  },
  "top-level await": () => atTop,
  "dynamic import": async () => (await import("../imported.js")).named,
  "dynamic import is the same": async () => (await import("../imported.js")) === all,
  "dynamic import of nothing": () => outcome(import(MISSING)).then(({ threw }) => threw?.class),
  "dynamic import of an unknown scheme": () => outcome(import(BOGUS)).then(({ threw }) => threw?.class),
  "import.meta": () => outcome(() => [typeof import.meta, typeof import.meta.url, typeof import.meta.main]),
  "this at the top": () => typeof all.topLevelThis,
  "new.target": () => {
    function F() {
      return new.target === F;
    }
    return [typeof new F(), Reflect.construct(F, [])?.constructor.name];
  },
  "using": async () => {
    const log = [];
    const make = (name) => ({ [Symbol.dispose]: () => log.push(name) });
    {
      const stack = new DisposableStack();
      stack.use(make("a"));
      stack.use(make("b"));
      stack.dispose();
    }
    return log;
  },
  "strictness": () => outcome(() => { undeclared = 1; }),
};
