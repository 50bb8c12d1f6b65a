// harm: an async function that awaits nothing for ever
// expect: 503 exceeded-cpu exceededCpu
export default {
  async fetch() {
    for (;;) await null;
  },
};
