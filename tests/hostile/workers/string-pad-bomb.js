// harm: a string padded to half a gigabyte, flattened
// expect: 200 - ok or 503 exceeded-memory exceededMemory or 500 worker-exception exception
// body: RangeError
// limits: cpu_ms=2000
// grows: 640
export default {
  fetch() {
    try {
      return new Response(String("x".padStart(2 ** 29 - 25, "ab").indexOf("c")));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
