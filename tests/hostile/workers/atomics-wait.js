// harm: a thread that waits, to count time with another
// expect: 200 - ok
// body: refused
export default {
  fetch() {
    try {
      const buffer = typeof SharedArrayBuffer === "function" ? new SharedArrayBuffer(8) : new ArrayBuffer(8);
      Atomics.wait(new Int32Array(buffer), 0, 0, 1_000);
    } catch (error) {
      return new Response(`refused: ${error.name}`);
    }
  },
};
