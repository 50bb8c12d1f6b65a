// harm: errors that cause each other
// expect: 500 worker-exception exception
export default {
  fetch() {
    const [one, two] = [new Error("one"), new Error("two")];
    one.cause = two;
    two.cause = one;
    throw one;
  },
};
