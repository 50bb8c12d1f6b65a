// harm: a Proxy of a Response whose traps throw
// expect: 500 worker-exception exception
export default {
  fetch() {
    return new Proxy(new Response("x"), { get() { throw new Error("trap"); } });
  },
};
