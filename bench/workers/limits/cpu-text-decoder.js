// Decodes 8 MiB of Japanese text without an end: the time is in the platform's own native.
export default {
  fetch() {
    const bytes = new Uint8Array(8 << 20).fill(0xb1);
    const decoder = new TextDecoder("shift_jis");
    for (;;) decoder.decode(bytes);
  },
};
