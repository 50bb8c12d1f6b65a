// harm: a default export that throws whatever is done to it
// expect: 500 worker-does-not-load exception
export default new Proxy({}, { get() { throw new Error("trap"); }, has() { throw new Error("trap"); } });
