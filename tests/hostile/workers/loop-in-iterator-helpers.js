// harm: iterator methods over an iterator without an end
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    function* zeros() {
      for (;;) yield 0;
    }
    zeros().filter((n) => n > 0).toArray();
  },
};
