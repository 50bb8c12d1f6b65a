// harm: tees whose branches are never read, while the source is read
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  async fetch() {
    let stream = new ReadableStream({ pull: (controller) => controller.enqueue("x".repeat(1000) + Math.random()) });
    const kept = [];
    for (let n = 0; n < 10; n++) {
      const [one, two] = stream.tee();
      kept.push(one);
      stream = two;
    }
    const reader = stream.getReader();
    for (;;) await reader.read();
  },
};
