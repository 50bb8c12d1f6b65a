// harm: a loop around parsing a long URL
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = "http://a/" + "%20/../\u20ac".repeat(100_000);
    for (;;) new URL(text);
  },
};
