// harm: headers that would smuggle a second request
// expect: 200 - ok
export default {
  async fetch(request, env) {
    const headers = { host: "evil", "content-length": "5", "transfer-encoding": "chunked", connection: "close", te: "x", upgrade: "h2c" };
    for (const [name, value] of Object.entries(headers)) {
      try {
        await (await fetch(env.UPSTREAM + "/ok", { method: "POST", body: "x", headers: { [name]: value } })).text();
      } catch {
        continue;
      }
    }
    return new Response("done");
  },
};
