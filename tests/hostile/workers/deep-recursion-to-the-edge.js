// harm: natives called at the very end of the stack
// expect: 200 - ok
// limits: cpu_ms=1000
export default {
  fetch() {
    let reached = 0;
    const down = () => {
      try {
        down();
      } catch {
        reached++;
        new Response(JSON.stringify({ url: new URL("http://a/b?c").href })).clone();
        structuredClone(new Headers([["a", "b"]]).get("a"));
        new TextDecoder().decode(new TextEncoder().encode("x"));
        console.log("at the edge");
      }
    };
    try {
      down();
    } catch (error) {
      return new Response(error.name);
    }
    return new Response(String(reached));
  },
};
