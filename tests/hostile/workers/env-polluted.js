// harm: bindings that are changed and deleted
// expect: 200 - ok
// client: get 3
export default {
  fetch(request, env) {
    env.UPSTREAM = "polluted";
    env.__proto__.more = 1;
    delete env.UPSTREAM;
    Object.defineProperty(env, "x", { get() { throw new Error("x"); }, configurable: true });
    return new Response("answered");
  },
};
