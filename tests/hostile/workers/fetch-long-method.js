// harm: a method of a megabyte
// expect: 200 - ok
// body: TypeError
export default {
  async fetch(request, env) {
    try {
      await fetch(env.UPSTREAM + "/ok", { method: "M".repeat(1_000_000) });
    } catch (error) {
      return new Response(error.name);
    }
  },
};
