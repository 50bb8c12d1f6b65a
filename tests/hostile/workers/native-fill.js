// harm: a loop around fill of a large buffer
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const bytes = new Float64Array(8 << 20);
    for (let n = 0; ; n++) bytes.fill(n);
  },
};
