// harm: for-in over a text of half a gigabyte that takes no memory
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
export default {
  fetch() {
    for (const key in "x".repeat(2 ** 29 - 24)) return new Response(key);
  },
};
