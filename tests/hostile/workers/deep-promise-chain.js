// harm: a promise that waits for a hundred thousand others
// expect: 200 - ok
// body: settled
// limits: cpu_ms=2000 memory_mib=128
export default {
  async fetch() {
    let promise = Promise.resolve();
    for (let n = 0; n < 100_000; n++) promise = Promise.resolve({ then: (resolve) => resolve(promise) }) && promise.then(() => {});
    await promise;
    return new Response("settled");
  },
};
