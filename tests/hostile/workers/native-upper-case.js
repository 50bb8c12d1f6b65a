// harm: a loop around toLocaleUpperCase of a large text
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = "\u00dfi\u0307".repeat(1_000_000);
    for (;;) text.toLocaleUpperCase("tr");
  },
};
