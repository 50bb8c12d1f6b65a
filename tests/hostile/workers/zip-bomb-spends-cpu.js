// harm: a quarter of a gigabyte of zeros, unpacked for nothing
// expect: 503 exceeded-cpu exceededCpu
export default {
  async fetch(request, env) {
    const response = await fetch(env.UPSTREAM + "/bomb");
    for await (const _ of response.body);
    return new Response("unpacked");
  },
};
