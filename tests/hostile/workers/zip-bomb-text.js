// harm: a quarter of a gigabyte of zeros, unpacked into text
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: memory
// limits: cpu_ms=5000
export default {
  async fetch(request, env) {
    const response = await fetch(env.UPSTREAM + "/bomb");
    try {
      return new Response(String((await response.text()).length));
    } catch (error) {
      return new Response(error.message);
    }
  },
};
