// harm: one pattern whose compilation alone is long
// expect: 503 exceeded-cpu exceededCpu or 200 - ok or 500 worker-exception exception
// limits: memory_mib=128
export default {
  fetch() {
    for (let n = 0; ; n++) new RegExp(`[${"\\p{L}\\p{N}".repeat(2_000)}]${n}`, "iu").test("abc");
  },
};
