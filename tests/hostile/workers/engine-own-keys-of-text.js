// harm: the names of all characters of a text of half a gigabyte
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
export default {
  fetch() {
    return new Response(Reflect.ownKeys(Object("x".repeat(2 ** 29 - 24))).length);
  },
};
