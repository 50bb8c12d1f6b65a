// harm: a module that exports nothing to call
// expect: 500 worker-exception exception
export const nothing = null;
export default null;
