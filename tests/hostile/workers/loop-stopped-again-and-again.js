// harm: a loop that is stopped in many events of one isolate
// expect: 503 exceeded-cpu exceededCpu
// client: get 4
// limits: cpu_ms=40
export default {
  fetch() {
    for (;;) {}
  },
};
