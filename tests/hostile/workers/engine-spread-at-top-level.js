// harm: a spread at top level
// expect: 500 worker-does-not-load exception
const object = { ...new Uint8Array(2e7) };
export default {
  fetch() {
    return Response.json(object);
  },
};
