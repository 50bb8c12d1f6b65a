// harm: a context that is kept and used after its event
// expect: 200 - ok or 500 worker-exception exception
// client: get 3
let kept;

export default {
  fetch(request, env, ctx) {
    kept?.waitUntil(scheduler.wait(5));
    kept = ctx;
    return new Response("answered");
  },
};
