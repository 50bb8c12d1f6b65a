// harm: work after the answer that rejects with what cannot be shown
// expect: 200 - ok
export default {
  fetch(request, env, ctx) {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    ctx.waitUntil(Promise.reject(proxy));
    ctx.waitUntil(Promise.reject(null));
    return new Response("early");
  },
};
