// harm: a timer at the top level of the module
// expect: 500 worker-does-not-load exception
setTimeout(() => {}, 0);
export default { fetch: () => new Response("loaded") };
