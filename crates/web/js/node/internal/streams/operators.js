// Methods of readable streams that resemble those of arrays.
import { AbortError, invalidType, outOfRange, typeError } from "../errors.js";
import { requireInteger, requireSignal } from "../validate.js";

function requireCallback(callback, name) {
  if (typeof callback !== "function") throw invalidType(name, "of type function or an instance of AsyncFunction", callback);
}

function checked(options) {
  if (options !== undefined && options !== null && typeof options !== "object") throw invalidType("options", "of type object", options);
  requireSignal(options?.signal, "options.signal");
  if (options?.concurrency !== undefined) requireInteger(options.concurrency, "options.concurrency", 1);
  return options ?? {};
}

async function* items(stream, { signal }) {
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
  const onAbort = () => stream.destroy(new AbortError(undefined, { cause: signal.reason }));
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    yield* stream;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

// As many calls at once as there may be; the results stay in order.
async function* mapped(stream, callback, options) {
  const { concurrency = 1 } = options;
  const controller = new AbortController();
  const under = [];
  try {
    for await (const item of items(stream, options)) {
      const result = Promise.resolve(callback(item, { signal: options.signal ?? controller.signal }));
      result.catch(() => {});
      under.push(result);
      if (under.length >= concurrency) yield await under.shift();
    }
    while (under.length > 0) yield await under.shift();
  } finally {
    controller.abort();
  }
}

const asCount = (number) => {
  const count = Number(number);
  if (Number.isNaN(count)) return 0;
  if (count < 0) throw outOfRange("number", ">= 0", count);
  return count;
};

/** Adds them to the class. */
export function addOperators(Readable) {
  const streams = {
    map(callback, options) {
      requireCallback(callback, "fn");
      return mapped(this, callback, checked(options));
    },
    filter(callback, options) {
      requireCallback(callback, "fn");
      const skipped = Symbol("skipped");
      const source = mapped(this, async (item, given) => ((await callback(item, given)) ? item : skipped), checked(options));
      return (async function* () {
        for await (const item of source) if (item !== skipped) yield item;
      })();
    },
    flatMap(callback, options) {
      requireCallback(callback, "fn");
      const source = mapped(this, callback, checked(options));
      return (async function* () {
        for await (const item of source) yield* item;
      })();
    },
    drop(number, options) {
      const source = items(this, checked(options));
      let left = asCount(number);
      return (async function* () {
        for await (const item of source) if (left-- <= 0) yield item;
      })();
    },
    take(number, options) {
      const source = items(this, checked(options));
      let left = asCount(number);
      return (async function* () {
        for await (const item of source) {
          if (left-- > 0) yield item;
          if (left <= 0) return;
        }
      })();
    },
    asIndexedPairs(options) {
      const source = items(this, checked(options));
      return (async function* () {
        let index = 0;
        for await (const item of source) yield [index++, item];
      })();
    },
  };
  for (const [name, method] of Object.entries(streams)) {
    Object.defineProperty(Readable.prototype, name, {
      value(...args) {
        return Readable.from(Reflect.apply(method, this, args));
      },
      writable: true,
      configurable: true,
    });
  }
  const promises = {
    async forEach(callback, options) {
      requireCallback(callback, "fn");
      // eslint-disable-next-line no-unused-vars
      for await (const _ of mapped(this, callback, checked(options)));
    },
    async toArray(options) {
      const list = [];
      for await (const item of items(this, checked(options))) list.push(item);
      return list;
    },
    async some(callback, options) {
      requireCallback(callback, "fn");
      for await (const yes of mapped(this, callback, checked(options))) if (yes) return true;
      return false;
    },
    async every(callback, options) {
      requireCallback(callback, "fn");
      for await (const yes of mapped(this, callback, checked(options))) if (!yes) return false;
      return true;
    },
    async find(callback, options) {
      requireCallback(callback, "fn");
      for await (const [yes, item] of mapped(this, async (one, given) => [await callback(one, given), one], checked(options))) if (yes) return item;
      return undefined;
    },
    async reduce(callback, initial, options) {
      requireCallback(callback, "reducer");
      let hasValue = arguments.length > 1;
      let value = initial;
      for await (const item of items(this, checked(options))) {
        value = hasValue ? await callback(value, item, { signal: options?.signal }) : item;
        hasValue = true;
      }
      if (!hasValue) throw typeError("ERR_MISSING_ARGS", "Reduce of an empty stream requires an initial value");
      return value;
    },
  };
  for (const [name, method] of Object.entries(promises)) {
    Object.defineProperty(Readable.prototype, name, { value: method, writable: true, configurable: true });
  }
}
