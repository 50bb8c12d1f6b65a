// harm: an upstream that never answers
// expect: 503 exceeded-wall-time exceededWallTime
// limits: wall_ms=300
export default {
  fetch(request, env) {
    return fetch(env.UPSTREAM + "/never");
  },
};
