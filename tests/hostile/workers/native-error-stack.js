// harm: a loop around deep stacks
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    Error.stackTraceLimit = 10_000;
    const deep = (n) => (n === 0 ? new Error("x").stack : deep(n - 1));
    for (;;) deep(5_000);
  },
};
