// harm: a loop in an abort listener
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    const controller = new AbortController();
    controller.signal.addEventListener("abort", () => { for (;;) {} });
    controller.abort();
  },
};
