// harm: generators that delegate to each other without an end
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    function* numbers() {
      for (;;) yield* [1, 2, 3];
    }
    for (const _ of numbers());
  },
};
