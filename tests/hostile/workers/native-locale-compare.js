// harm: a loop around localeCompare of large texts
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = "\u00e9t\u00e9".repeat(1_000_000);
    const other = text + "a";
    for (;;) text.localeCompare(other, "fr");
  },
};
