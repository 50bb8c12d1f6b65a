// harm: a loop at the top level of the module
// expect: 500 worker-does-not-load exception
for (;;) {}
export default { fetch() {} };
