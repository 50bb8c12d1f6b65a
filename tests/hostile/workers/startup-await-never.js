// harm: a top-level await that never settles
// expect: 500 worker-does-not-load exception
await new Promise(() => {});
export default { fetch() {} };
