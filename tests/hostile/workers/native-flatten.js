// harm: a loop around joining and flattening large strings
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    let text = "x".repeat(1 << 20);
    for (;;) {
      const rope = text + text;
      rope.charCodeAt(rope.length - 1);
      text = rope.slice(1, (1 << 20) + 1);
    }
  },
};
