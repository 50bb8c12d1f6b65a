// harm: a loop around slice of a large ArrayBuffer
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const buffer = new ArrayBuffer(32 << 20);
    for (;;) buffer.slice(1);
  },
};
