// harm: a pattern of URLs whose expression takes exponential time
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    const pattern = new URLPattern({ pathname: "/:x((?:a+)+)$" });
    return new Response(String(pattern.test({ pathname: `/${"a".repeat(40)}b` })));
  },
};
