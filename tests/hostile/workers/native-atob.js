// harm: a loop around atob of a large text
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = btoa("x".repeat(6_000_000));
    for (;;) atob(text);
  },
};
