// harm: fetches that are aborted at once, without an end
// expect: 503 exceeded-cpu exceededCpu
export default {
  async fetch(request, env) {
    for (;;) {
      const controller = new AbortController();
      const fetched = fetch(env.UPSTREAM + "/ok", { signal: controller.signal });
      controller.abort(new Proxy({}, {}));
      await fetched.catch(() => {});
    }
  },
};
