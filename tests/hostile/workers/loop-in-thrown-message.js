// harm: a thrown error whose message is a getter that never returns
// expect: 500 worker-exception exception
export default {
  fetch() {
    const error = new Error();
    Object.defineProperty(error, "message", { get() { for (;;) {} } });
    Object.defineProperty(error, "stack", { value: undefined });
    throw error;
  },
};
