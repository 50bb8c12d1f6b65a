// harm: the response that stands for a network error
// expect: 500 worker-exception exception
export default {
  fetch() {
    return Response.error();
  },
};
