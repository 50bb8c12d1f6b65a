// harm: a loop around normalize of a large text
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = "e\u0301\u{1d15e}".repeat(500_000);
    for (;;) text.normalize("NFKC");
  },
};
