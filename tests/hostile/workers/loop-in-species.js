// harm: a species, called by a native, that never returns
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    class Loop extends Array {
      static get [Symbol.species]() {
        for (;;) {}
      }
    }
    new Loop(1, 2).map(String);
  },
};
