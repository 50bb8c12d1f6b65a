// harm: more fetches than may wait at once, from an upstream that never answers
// expect: 503 exceeded-wall-time exceededWallTime
// limits: wall_ms=300
export default {
  async fetch(request, env) {
    await Promise.all(Array.from({ length: 50 }, () => fetch(env.UPSTREAM + "/never")));
  },
};
