// harm: a pattern of a hundred thousand alternatives
// expect: 503 exceeded-cpu exceededCpu or 500 worker-exception exception
// limits: memory_mib=128
export default {
  fetch() {
    const words = Array.from({ length: 100_000 }, (_, n) => `word${n}`);
    for (;;) new RegExp(`^(?:${words.join("|")})$${Math.random()}`).test("x");
  },
};
