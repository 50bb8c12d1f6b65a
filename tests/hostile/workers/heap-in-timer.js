// harm: a heap that grows in timers
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    setInterval(() => { for (let n = 0; n < 100; n++) kept.push(new Array(10_000).fill(n)); }, 0);
    return new Promise(() => {});
  },
};
