// harm: a loop around a segmenter of a large text
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const segmenter = new Intl.Segmenter("th", { granularity: "word" });
    const text = "\u0e01\u0e32\u0e23".repeat(300_000);
    for (;;) segmenter.segment(text).containing(text.length - 2);
  },
};
