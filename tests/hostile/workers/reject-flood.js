// harm: rejections that nobody handles, without an end
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
// limits: cpu_ms=300
export default {
  fetch() {
    for (;;) Promise.reject(new Error("unseen"));
  },
};
