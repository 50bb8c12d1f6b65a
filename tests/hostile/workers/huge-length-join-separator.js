// harm: join whose separators alone are too long for any string
// expect: 500 worker-exception exception or 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
export default {
  fetch() {
    new Array(2 ** 32 - 1).join("abc");
  },
};
