// harm: headers that lie about the response's framing
// expect: 200 - ok
// body: true length
export default {
  fetch() {
    return new Response("true length", {
      headers: { "content-length": "3", "transfer-encoding": "chunked", connection: "upgrade", upgrade: "h2c", trailer: "x" },
    });
  },
};
