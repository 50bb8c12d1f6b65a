// harm: a status text of a megabyte
// expect: 500 worker-exception exception
export default {
  fetch() {
    return new Response("", { statusText: "x".repeat(1_000_000) });
  },
};
