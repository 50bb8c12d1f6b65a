// harm: objects nested a hundred thousand deep, cloned
// expect: 200 - ok
// limits: cpu_ms=1000
export default {
  fetch() {
    let deep = {};
    for (let n = 0; n < 100_000; n++) deep = { deep };
    try {
      structuredClone(deep);
    } catch (error) {
      return new Response(error.name);
    }
    return new Response("cloned");
  },
};
