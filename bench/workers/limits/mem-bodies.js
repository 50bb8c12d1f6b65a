// Keeps ever more bodies of a mebibyte that it has fetched.
export default {
  async fetch(_request, env) {
    const kept = [];
    for (;;) kept.push(await (await fetch(env.UPSTREAM)).arrayBuffer());
  },
};
