// harm: generators that are never finished
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    function* numbers() {
      const room = new Array(100);
      yield room;
    }
    const kept = [];
    for (;;) {
      kept.push(numbers());
      kept.at(-1).next();
    }
  },
};
