// harm: an iterator, read by the platform, without an end
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    new URLSearchParams({ [Symbol.iterator]: () => ({ next: () => ({ done: false, value: ["a", "b"] }) }) });
  },
};
