// harm: a spread of twenty million elements, in which the engine looks at nothing
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
export default {
  fetch() {
    return Response.json({ ...new Uint8Array(2e7) });
  },
};
