// harm: a replacement whose sixteen million matches the engine collects before it calls back
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
export default {
  fetch() {
    return new Response("x".repeat(16e6).replace(/x/g, () => "y").length);
  },
};
