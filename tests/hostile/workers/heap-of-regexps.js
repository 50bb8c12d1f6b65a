// harm: compiled patterns without an end
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    const kept = [];
    for (let n = 0; ; n++) {
      kept.push(new RegExp(`(a|b${n})+c{1,30}[^x${n}]`, "iu"));
      kept.at(-1).test("ab");
    }
  },
};
