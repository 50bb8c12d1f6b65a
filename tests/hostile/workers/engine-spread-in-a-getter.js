// harm: a spread that a native of the platform runs into, in a getter
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
export default {
  fetch() {
    return Response.json(structuredClone({ get x() { return { ...new Uint8Array(2e7) }; } }));
  },
};
