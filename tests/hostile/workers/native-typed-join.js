// harm: a loop around join of a large typed array
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const numbers = new Float64Array(1 << 20).fill(0.1);
    for (;;) numbers.join();
  },
};
