// harm: an upstream with half a megabyte of headers
// expect: 200 - ok
// body: TypeError
export default {
  async fetch(request, env) {
    try {
      await fetch(env.UPSTREAM + "/headers");
    } catch (error) {
      return new Response(error.name);
    }
  },
};
