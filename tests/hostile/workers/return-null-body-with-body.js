// harm: a status that has no body, with one
// expect: 500 worker-exception exception
export default {
  fetch() {
    return new Response("body", { status: 204 });
  },
};
