// harm: a labelled loop that continues from within another
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    outer: while (true) {
      for (let n = 0; ; n++) {
        if (n % 7 === 6) continue outer;
      }
    }
  },
};
