// harm: a loop around logging large objects
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const object = Array.from({ length: 1_000 }, () => ({ a: { b: { c: "text".repeat(100) } } }));
    for (;;) console.log(object);
  },
};
