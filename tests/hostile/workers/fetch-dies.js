// harm: an upstream that dies in the middle of a body
// expect: 200 - ok
// body: TypeError
export default {
  async fetch(request, env) {
    try {
      return new Response(await (await fetch(env.UPSTREAM + "/dies")).text());
    } catch (error) {
      return new Response(error.name);
    }
  },
};
