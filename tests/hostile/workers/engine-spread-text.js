// harm: a spread of a text of half a gigabyte that takes no memory
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
export default {
  fetch() {
    return Response.json({ ..."x".repeat(2 ** 29 - 24) });
  },
};
