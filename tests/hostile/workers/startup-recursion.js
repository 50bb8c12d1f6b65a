// harm: endless recursion at the top level of the module
// expect: 500 worker-does-not-load exception
const down = () => down() + 1;
down();
export default { fetch() {} };
