// harm: a loop around headers with large values
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const value = "v".repeat(100_000);
    for (;;) {
      const headers = new Headers();
      for (let n = 0; n < 100; n++) headers.append("a", value);
      headers.get("a");
    }
  },
};
