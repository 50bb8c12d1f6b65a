// A loop around filling 32 MiB: the time is in one copy of memory after the other.
export default {
  fetch() {
    const bytes = new Uint8Array(32 << 20);
    for (let n = 0; ; n++) bytes.fill(n);
  },
};
