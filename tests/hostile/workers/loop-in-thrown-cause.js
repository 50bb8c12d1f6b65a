// harm: a thrown error whose cause is a getter that never returns
// expect: 500 worker-exception exception
export default {
  fetch() {
    const error = new Error("x");
    Object.defineProperty(error, "cause", { get() { for (;;) {} } });
    throw error;
  },
};
