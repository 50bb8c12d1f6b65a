// harm: a loop around split of a large text
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const text = "word ".repeat(500_000);
    for (let n = 0; ; n++) text.slice(n % 7).split(" ");
  },
};
