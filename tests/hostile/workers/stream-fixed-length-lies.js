// harm: getters of typed arrays that lie about the length of what a body of fixed length gets
// expect: 200 - responseStreamDisconnected
export default {
  fetch() {
    const { readable, writable } = new FixedLengthStream(10);
    const bytes = new Uint8Array(5000);
    const prototype = Object.getPrototypeOf(Uint8Array.prototype);
    for (const key of ["length", "byteLength"]) Object.defineProperty(prototype, key, { get: () => 5, configurable: true });
    Object.defineProperty(prototype, "buffer", { get: () => new ArrayBuffer(5000), configurable: true });
    const writer = writable.getWriter();
    const write = async () => {
      await scheduler.wait(5);
      await writer.write(bytes);
      await writer.write(bytes);
      await writer.close();
    };
    write().catch(() => {});
    return new Response(readable);
  },
};
