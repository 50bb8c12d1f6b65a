// harm: a pattern that backtracks for ever at the top level
// expect: 500 worker-does-not-load exception
/^(a+)+$/.test("a".repeat(60) + "b");
export default { fetch() {} };
