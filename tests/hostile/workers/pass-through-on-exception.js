// harm: a request to be passed on to an origin that there is none of
// expect: 500 worker-exception exception
export default {
  fetch(request, env, ctx) {
    ctx.passThroughOnException();
    throw new Error("passed on");
  },
};
