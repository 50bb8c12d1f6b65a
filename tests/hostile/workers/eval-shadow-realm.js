// harm: a realm of one's own, without the rules
// expect: 200 - ok
// body: undefined
export default {
  fetch() {
    return new Response([typeof ShadowRealm, typeof Worker, typeof importScripts, typeof require].every((one) => one === "undefined") ? "undefined" : "there");
  },
};
