// Keeps ever more ArrayBuffers of a mebibyte: memory outside the JavaScript heap.
export default {
  fetch() {
    const kept = [];
    for (let n = 0; ; n++) kept.push(new Uint8Array(1 << 20).fill(n));
  },
};
