// harm: the body of one event's request, read by the next
// expect: 200 - ok or 500 worker-exception exception
// client: get 3
// body: answered
let kept;

export default {
  async fetch(request, env) {
    kept ??= fetch(env.UPSTREAM + "/ok");
    const before = await kept.then((response) => response.text()).catch((error) => error.name);
    return new Response(`answered ${before}`);
  },
};
