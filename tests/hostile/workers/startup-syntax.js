// harm: a module that is no JavaScript
// expect: 500 worker-does-not-load exception
export default { fetch( { return }
