// harm: redirects that lead to themselves
// expect: 200 - ok
// body: redirects
export default {
  async fetch(request, env) {
    try {
      await fetch(env.UPSTREAM + "/redirect-loop");
    } catch (error) {
      return new Response(error.message);
    }
  },
};
