// harm: a body that drips through to a client that leaves
// expect: 200 - canceled
// client: leaves
export default {
  fetch(request, env) {
    return fetch(env.UPSTREAM + "/drip");
  },
};
