// harm: one Response that answers two events
// expect: 200 - ok or 500 worker-exception exception
// client: get 3
const response = new Response("once");

export default {
  fetch() {
    return response;
  },
};
