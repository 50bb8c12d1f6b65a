// harm: a transform that takes whatever is written
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  async fetch() {
    const { writable } = new TransformStream({}, { highWaterMark: Infinity }, { highWaterMark: Infinity });
    const writer = writable.getWriter();
    for (let n = 0; ; n++) await writer.write(`chunk ${n}`.repeat(10));
  },
};
