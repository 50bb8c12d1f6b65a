// harm: resizable buffers that reserve the address space
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// body: RangeError
// limits: cpu_ms=2000
export default {
  fetch() {
    const kept = [];
    try {
      for (let n = 0; n < 100_000; n++) kept.push(new ArrayBuffer(0, { maxByteLength: 2 ** 32 }));
    } catch (error) {
      return new Response(error.name);
    }
    return new Response("RangeError was not thrown");
  },
};
