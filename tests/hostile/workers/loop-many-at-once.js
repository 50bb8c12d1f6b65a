// harm: many events that loop at the same time
// expect: 503 exceeded-cpu exceededCpu
// client: together 8
// limits: cpu_ms=40
export default {
  fetch() {
    for (;;) {}
  },
};
