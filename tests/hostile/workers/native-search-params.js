// harm: a loop around parsing many search parameters
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = "a=%20b&".repeat(100_000);
    for (;;) new URLSearchParams(text).toString();
  },
};
