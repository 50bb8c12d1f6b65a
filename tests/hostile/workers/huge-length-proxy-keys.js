// harm: Object.keys of a Proxy that tells a million of keys, again and again
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory or 500 worker-exception exception
// limits: memory_mib=128
export default {
  fetch() {
    const keys = Array.from({ length: 100_000 }, (_, n) => `k${n}`);
    const many = new Proxy({}, { ownKeys: () => keys, getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }) });
    for (;;) Object.assign({}, many);
  },
};
