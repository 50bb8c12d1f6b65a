// A regular expression that backtracks for ever: all of the time in one native call.
export default {
  fetch() {
    return new Response(String(/^(a+)+$/.test("a".repeat(64) + "!")));
  },
};
