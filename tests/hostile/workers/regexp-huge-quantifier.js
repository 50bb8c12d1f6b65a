// harm: a pattern that unfolds to a million of states
// expect: 200 - ok or 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    try {
      return new Response(String(/(?:(?:a{1000}){1000}){1000}/.test("a".repeat(1_000_000))));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
