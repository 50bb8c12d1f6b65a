// harm: a body that breaks off on its way through
// expect: 200 - responseStreamDisconnected
export default {
  fetch(request, env) {
    return fetch(env.UPSTREAM + "/dies");
  },
};
