// harm: a pattern of a hundred thousand nested groups
// expect: 200 - ok
// body: SyntaxError
export default {
  fetch() {
    try {
      new RegExp("(".repeat(100_000) + ")".repeat(100_000));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
