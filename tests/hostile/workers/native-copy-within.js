// harm: a loop around copyWithin of a large buffer
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const bytes = new Uint8Array(64 << 20);
    for (;;) bytes.copyWithin(1, 0);
  },
};
