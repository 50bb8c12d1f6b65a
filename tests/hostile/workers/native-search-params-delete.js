// harm: many search parameters deleted one by one
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    for (;;) {
      const params = new URLSearchParams("a=1&".repeat(20_000));
      for (let n = 0; n < 20_000; n++) params.delete("b", String(n));
    }
  },
};
