// harm: an upstream that does not speak HTTP
// expect: 200 - ok
// body: TypeError
export default {
  async fetch(request, env) {
    try {
      await fetch(env.UPSTREAM + "/garbage");
    } catch (error) {
      return new Response(error.name);
    }
  },
};
