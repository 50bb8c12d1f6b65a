// harm: frames of stored values that grow with each of a hundred thousand storages
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
import { AsyncLocalStorage } from "node:async_hooks";

export default {
  async fetch() {
    const pending = [];
    for (let i = 0; i < 100000; i++) {
      new AsyncLocalStorage().enterWith(new Array(100).fill(i));
      pending.push(new Promise((resolve) => queueMicrotask(resolve)));
    }
    await Promise.all(pending);
    return new Response("done");
  },
};
