// harm: signals that depend on one another without an end
// expect: 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu
// limits: cpu_ms=300
export default {
  fetch() {
    let signal = new AbortController().signal;
    for (;;) signal = AbortSignal.any([signal, new AbortController().signal]);
  },
};
