// harm: a getter of a Request's options that never returns
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch(request, env) {
    return fetch(new Request(env.UPSTREAM + "/ok", { get method() { for (;;) {} } }));
  },
};
