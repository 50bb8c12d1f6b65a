// harm: global variables without an end
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    for (let n = 0; ; n++) globalThis[`name${n}`] = new Array(200).fill(n);
  },
};
