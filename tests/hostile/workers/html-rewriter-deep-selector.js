// harm: selectors that nest and join as deep as a stack might be
// expect: 200 - ok
// limits: cpu_ms=2000
// body: 0 TypeError
export default {
  fetch() {
    let taken = 0;
    let name;
    for (const selector of [":not(".repeat(100_000), "a > ".repeat(100_000) + "a", "[".repeat(100_000), "a ".repeat(2000) + "a", ":not(".repeat(800) + "a" + ")".repeat(800)]) {
      try {
        new HTMLRewriter().on(selector, { element() {} });
        taken++;
      } catch (error) {
        name = error.name;
      }
    }
    return new Response(`${taken} ${name}`);
  },
};
