// harm: a logged object with a million keys
// expect: 503 exceeded-cpu exceededCpu or 200 - ok or 503 exceeded-memory exceededMemory
// limits: cpu_ms=2000 memory_mib=128
export default {
  fetch() {
    const object = {};
    for (let n = 0; n < 300_000; n++) object[`key ${n}`] = n;
    console.log(object, [object, object], new Map(Object.entries(object)));
    return new Response("logged");
  },
};
