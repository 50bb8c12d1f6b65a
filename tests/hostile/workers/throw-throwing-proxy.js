// harm: a Proxy whose every trap throws, thrown
// expect: 500 worker-exception exception
export default {
  fetch() {
    throw new Proxy(new Error("x"), new Proxy({}, { get: () => () => { throw new Error("trap"); } }));
  },
};
