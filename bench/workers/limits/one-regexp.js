// One regular expression that backtracks for ever.
const text = "x".repeat(64);

export default {
  fetch() {
    return new Response(String(/(x+x+)+y/.test(text)));
  },
};
