// harm: for-in over twenty million elements, whose names are all collected first
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
export default {
  fetch() {
    for (const key in new Uint8Array(2e7)) return new Response(key);
  },
};
