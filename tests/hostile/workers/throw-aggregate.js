// harm: an error of a hundred thousand errors
// expect: 500 worker-exception exception or 503 exceeded-cpu exceededCpu
// limits: cpu_ms=500 memory_mib=128
export default {
  fetch() {
    throw new AggregateError(Array.from({ length: 100_000 }, (_, n) => new Error(`error ${n}`)), "many");
  },
};
