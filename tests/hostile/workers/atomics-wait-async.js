// harm: a wait that settles by itself, to count time
// expect: 200 - ok
// body: refused
export default {
  async fetch() {
    try {
      const buffer = typeof SharedArrayBuffer === "function" ? new SharedArrayBuffer(8) : new ArrayBuffer(8);
      const waited = Atomics.waitAsync(new Int32Array(buffer), 0, 0, 50);
      return new Response(`waited: ${await waited.value}`);
    } catch (error) {
      return new Response(`refused: ${error.name}`);
    }
  },
};
