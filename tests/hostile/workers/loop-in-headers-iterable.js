// harm: a generator of headers without an end
// expect: 503 exceeded-cpu exceededCpu or 500 worker-exception exception or 503 exceeded-memory exceededMemory
export default {
  fetch() {
    function* pairs() {
      for (let n = 0; ; n++) yield ["name", "value"];
    }
    new Headers(pairs());
  },
};
