// harm: a Response of a buffer that was moved away
// expect: 500 worker-exception exception
export default {
  fetch() {
    const bytes = new Uint8Array(1000);
    bytes.buffer.transfer();
    return new Response(bytes);
  },
};
