// harm: a chain of ten thousand prototypes, asked for what is not there
// expect: 200 - ok or 503 exceeded-cpu exceededCpu
// limits: cpu_ms=500
export default {
  fetch() {
    let object = {};
    for (let n = 0; n < 10_000; n++) object = Object.create(object);
    for (let n = 0; n < 1_000; n++) if (object.missing) return new Response("found");
    return new Response("not found");
  },
};
