// harm: a loop around replaceAll in a large text
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = "ab".repeat(2_000_000);
    for (;;) text.replaceAll("ab", "ba");
  },
};
