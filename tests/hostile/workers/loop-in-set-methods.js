// harm: a set-like, read by a native, that never comes to an end
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    new Set([1]).union({ size: 1, has: () => true, keys: () => ({ next: () => ({ done: false, value: 0 }) }) });
  },
};
