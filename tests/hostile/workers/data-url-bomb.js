// harm: a data URL of a hundred megabytes
// expect: 200 - ok or 503 exceeded-memory exceededMemory or 500 worker-exception exception
// limits: cpu_ms=2000
export default {
  async fetch() {
    try {
      const response = await fetch("data:text/plain," + "%41".repeat(30 << 20));
      return new Response(String((await response.text()).length));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
