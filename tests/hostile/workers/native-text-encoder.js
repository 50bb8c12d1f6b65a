// harm: a loop around encoding a large text
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = "\u20ac".repeat(2_000_000);
    for (;;) new TextEncoder().encode(text);
  },
};
