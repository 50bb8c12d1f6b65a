// harm: a body without an end, to be kept whole
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: Error
// limits: cpu_ms=5000
export default {
  async fetch(request, env) {
    const response = await fetch(env.UPSTREAM + "/endless");
    try {
      return new Response(String((await response.arrayBuffer()).byteLength));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
