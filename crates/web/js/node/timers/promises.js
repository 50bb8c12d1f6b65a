// `node:timers/promises`.
import * as web from "../../timers.js";
import { AbortError, invalidType } from "../internal/errors.js";
import { requireSignal } from "../internal/validate.js";

function after(delay, value, options = {}) {
  try {
    if (delay !== undefined && typeof delay !== "number") throw invalidType("delay", "of type number", delay);
    if (options === null || typeof options !== "object") throw invalidType("options", "of type object", options);
    requireSignal(options.signal, "options.signal");
    if (options.ref !== undefined && typeof options.ref !== "boolean") throw invalidType("options.ref", "of type boolean", options.ref);
  } catch (error) {
    return Promise.reject(error);
  }
  const { signal } = options;
  if (signal?.aborted) return Promise.reject(new AbortError(undefined, { cause: signal.reason }));
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      web.clearTimeout(id);
      reject(new AbortError(undefined, { cause: signal.reason }));
    };
    const id = web.setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve(value);
    }, delay ?? 1);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

export const setTimeout = (delay, value, options) => after(delay, value, options);
export const setImmediate = (value, options) => after(0, value, options);

export async function* setInterval(delay, value, options = {}) {
  for (;;) {
    await after(delay, undefined, options);
    yield value;
  }
}

export const scheduler = {
  wait: (delay, options) => after(delay, undefined, options),
  yield: () => after(0),
};

export default { scheduler, setImmediate, setInterval, setTimeout };
