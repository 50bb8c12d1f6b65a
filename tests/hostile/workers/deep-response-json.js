// harm: objects nested a hundred thousand deep, made into a response
// expect: 200 - ok or 500 worker-exception exception
export default {
  fetch() {
    let deep = {};
    for (let n = 0; n < 100_000; n++) deep = [deep];
    return Response.json(deep);
  },
};
