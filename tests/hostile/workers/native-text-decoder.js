// harm: a loop around decoding large bytes
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const bytes = new Uint8Array(8 << 20).fill(0xe4);
    for (;;) new TextDecoder("gb18030").decode(bytes);
  },
};
