// harm: counters and timers of the console without an end
// expect: 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu or 200 - ok
// limits: cpu_ms=2000
export default {
  fetch() {
    for (let n = 0; n < 1_000_000; n++) console.time(`label ${n}`);
    return new Response("logged");
  },
};
