// harm: microtasks at top level without an end
// expect: 500 worker-does-not-load exception
const again = () => Promise.resolve().then(again);
again();
export default { fetch: () => new Response("loaded") };
