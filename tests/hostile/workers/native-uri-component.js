// harm: a loop around encodeURIComponent of a large text
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = "\u20ac".repeat(1_000_000);
    for (;;) encodeURIComponent(text);
  },
};
