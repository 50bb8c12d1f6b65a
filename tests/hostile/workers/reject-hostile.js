// harm: rejections that nobody handles, with what cannot be shown
// expect: 200 - ok
// body: answered
export default {
  fetch() {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    Promise.reject(proxy);
    Promise.reject(null);
    Promise.reject(Symbol("x"));
    Promise.reject(new Proxy(new Error("x"), { get() { throw 1; } }));
    return new Response("answered");
  },
};
