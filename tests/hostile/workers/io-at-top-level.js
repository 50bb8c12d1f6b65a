// harm: a fetch at the top level of the module
// expect: 500 worker-does-not-load exception
await fetch("http://127.0.0.1:9/");
export default { fetch: () => new Response("loaded") };
