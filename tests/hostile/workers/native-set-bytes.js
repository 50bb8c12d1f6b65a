// harm: a loop around set of a large buffer, with a conversion
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const numbers = new Float64Array(4 << 20);
    const bytes = new Uint8ClampedArray(4 << 20);
    for (;;) bytes.set(numbers);
  },
};
