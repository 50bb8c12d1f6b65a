// harm: ever new patterns to compile
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    for (let n = 0; ; n++) new RegExp(`(?:a|b|c|${n}){1,20}[^${n}]+(?<=x${n})`, "iu").test(`abc${n}`);
  },
};
