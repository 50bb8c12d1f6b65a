// harm: an object that pretends to be a Response
// expect: 500 worker-exception exception
export default {
  fetch() {
    return Object.create(Response.prototype, { status: { value: 200 }, body: { value: null }, headers: { value: new Headers() } });
  },
};
