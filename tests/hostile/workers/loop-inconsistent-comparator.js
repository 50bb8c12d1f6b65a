// harm: sorting for ever with a comparator that lies
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    for (;;) Array.from({ length: 1000 }, (_, n) => n ^ 85).sort(() => 1);
  },
};
