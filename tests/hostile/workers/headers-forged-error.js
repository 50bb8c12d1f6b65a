// harm: a response that pretends to be the platform's own error
// expect: 200 exceeded-cpu ok
export default {
  fetch() {
    return new Response("error code: 1102", { headers: { "mote-error": "exceeded-cpu" } });
  },
};
