// harm: a loop around fetching data URLs
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  async fetch() {
    const url = "data:text/plain;base64," + btoa("x".repeat(3_000_000));
    for (;;) await (await fetch(url)).arrayBuffer();
  },
};
