// `events.on`: the events of an emitter as an async iterator.
import { AbortError, invalidType } from "./errors.js";
import { requireSignal } from "./validate.js";

const AsyncIteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype);

export function eventIterator(emitter, event, options, { addTo, removeFrom }) {
  const { signal, close = [] } = options;
  requireSignal(signal, "options.signal");
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
  const events = [];
  const waiting = [];
  let failure;
  let finished = false;

  const onEvent = (...args) => {
    const first = waiting.shift();
    if (first === undefined) events.push(args);
    else first.resolve({ value: args, done: false });
  };
  const onError = (reason) => {
    const first = waiting.shift();
    if (first === undefined) failure = { reason };
    else first.reject(reason);
    end();
  };
  const onAbort = () => onError(new AbortError(undefined, { cause: signal.reason }));
  function end() {
    removeFrom(emitter, event, onEvent);
    if (event !== "error" && typeof emitter.on === "function") removeFrom(emitter, "error", onError);
    for (const name of close) removeFrom(emitter, name, end);
    signal?.removeEventListener("abort", onAbort);
    finished = true;
    for (const one of waiting.splice(0)) one.resolve({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  }

  addTo(emitter, event, onEvent);
  if (event !== "error" && typeof emitter.on === "function") emitter.on("error", onError);
  for (const name of close) addTo(emitter, name, end);
  signal?.addEventListener("abort", onAbort, { once: true });

  return Object.setPrototypeOf(
    {
      next() {
        if (events.length > 0) return Promise.resolve({ value: events.shift(), done: false });
        if (failure !== undefined) {
          const { reason } = failure;
          failure = undefined;
          return Promise.reject(reason);
        }
        if (finished) return Promise.resolve({ value: undefined, done: true });
        return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
      },
      return: end,
      throw(reason) {
        if (!(reason instanceof Error)) throw invalidType("EventEmitter.AsyncIterator", "an instance of Error", reason);
        onError(reason);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    },
    AsyncIteratorPrototype,
  );
}
