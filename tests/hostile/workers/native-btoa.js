// harm: a loop around btoa of a large text
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = "x".repeat(6_000_000);
    for (;;) btoa(text);
  },
};
