import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";

const tick = () => new Promise((resolve) => setTimeout(resolve, 1));

export default {
  async "a store follows the code through awaits, timers and microtasks"() {
    const storage = new AsyncLocalStorage();
    const seen = [storage.getStore()];
    await storage.run("a", async () => {
      seen.push(storage.getStore());
      await null;
      seen.push(storage.getStore());
      await tick();
      seen.push(storage.getStore());
      await new Promise((resolve) => queueMicrotask(() => resolve(seen.push(storage.getStore()))));
      await new Promise((resolve) => setTimeout(() => resolve(seen.push(storage.getStore())), 1));
      await new Promise((resolve) => {
        let count = 0;
        const interval = setInterval(() => {
          seen.push(storage.getStore());
          if (++count === 2) resolve(clearInterval(interval));
        }, 1);
      });
      await Promise.all([1, 2].map(async () => (await tick(), seen.push(storage.getStore()))));
      await Promise.resolve({ then: (resolve) => resolve(seen.push(storage.getStore())) });
      for await (const one of [tick(), tick()]) seen.push(storage.getStore(), one);
    });
    seen.push(storage.getStore());
    return seen;
  },
  async "stores of code that runs at the same time stay apart"() {
    const storage = new AsyncLocalStorage();
    const seen = [];
    await Promise.all(
      [5, 1, 3].map((delay) =>
        storage.run({ delay }, async () => {
          for (let i = 0; i < 3; i++) {
            await new Promise((resolve) => setTimeout(resolve, delay));
            seen.push(storage.getStore().delay === delay);
          }
        }),
      ),
    );
    return seen;
  },
  "runs nest, and several storages know nothing of each other"() {
    const one = new AsyncLocalStorage();
    const other = new AsyncLocalStorage();
    const seen = [];
    one.run(1, () => {
      other.run(2, () => {
        seen.push([one.getStore(), other.getStore()]);
        one.run(3, () => seen.push([one.getStore(), other.getStore()]));
        one.exit(() => seen.push([one.getStore(), other.getStore()]));
        seen.push([one.getStore(), other.getStore()]);
      });
      seen.push([one.getStore(), other.getStore()]);
    });
    return seen;
  },
  "run gives arguments on, and what its function returns or throws"() {
    const storage = new AsyncLocalStorage();
    const result = storage.run("s", (...args) => [args, storage.getStore()], 1, 2);
    let thrown;
    try {
      storage.run("s", () => {
        throw new Error("x");
      });
    } catch (error) {
      thrown = [error.message, storage.getStore()];
    }
    return [result, thrown, storage.exit((a) => a, 7)];
  },
  async "enterWith holds until the code ends"() {
    const storage = new AsyncLocalStorage();
    const seen = [];
    await (async () => {
      storage.enterWith("e");
      seen.push(storage.getStore());
      await tick();
      seen.push(storage.getStore());
      storage.disable();
      seen.push(storage.getStore());
    })();
    return seen;
  },
  async "snapshot and bind take along what they were made in"() {
    const storage = new AsyncLocalStorage();
    const snapshot = storage.run("then", () => AsyncLocalStorage.snapshot());
    const bound = storage.run("bound", () => AsyncLocalStorage.bind((a) => [a, storage.getStore()]));
    return storage.run("now", () => [snapshot((a) => [a, storage.getStore()], 1), bound(2), storage.getStore()]);
  },
  "a resource runs in the scope that it was made in"() {
    const storage = new AsyncLocalStorage();
    const resource = storage.run("made", () => new AsyncResource("MINE"));
    const receiver = {};
    const bound = resource.bind(function (a, b) {
      return [this === receiver, a, b, storage.getStore()];
    }, receiver);
    return [
      resource.runInAsyncScope(
        function (a) {
          return [this === receiver, a, storage.getStore()];
        },
        receiver,
        5,
      ),
      bound(1, 2),
      bound.length,
      typeof resource.asyncId(),
      resource.emitDestroy() === resource,
      storage.run("static", () => AsyncResource.bind(() => storage.getStore()))(),
    ];
  },
  "a resource needs a type": () => new AsyncResource(),
  async "a store follows into listeners of what is dispatched, and into streams"() {
    const storage = new AsyncLocalStorage();
    const seen = [];
    const target = new EventTarget();
    target.addEventListener("x", () => seen.push(storage.getStore()));
    await storage.run("outer", async () => {
      target.dispatchEvent(new Event("x"));
      const stream = new ReadableStream({
        async pull(controller) {
          await tick();
          seen.push(storage.getStore());
          controller.enqueue("chunk");
          controller.close();
        },
      });
      for await (const chunk of stream) seen.push(chunk, storage.getStore());
    });
    return seen;
  },
  async "a rejection that is caught is caught in the scope of the catcher"() {
    const storage = new AsyncLocalStorage();
    const failing = storage.run("failing", async () => {
      await tick();
      throw new Error("x");
    });
    return storage.run("catching", () => failing.catch(() => storage.getStore()));
  },
};
