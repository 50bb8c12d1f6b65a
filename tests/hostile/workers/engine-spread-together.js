// harm: five events at once that all end in a spread
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
// client: together 5
export default {
  async fetch() {
    await scheduler.wait(50);
    return Response.json({ ...new Uint8Array(2e7) });
  },
};
