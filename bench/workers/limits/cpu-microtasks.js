// A microtask storm: each promise makes the next, so the queue is never empty.
export default {
  async fetch() {
    for (;;) await null;
  },
};
