// harm: a Response whose body somebody else is reading
// expect: 500 worker-exception exception
export default {
  fetch() {
    const response = new Response("x".repeat(1000));
    response.body.getReader();
    return response;
  },
};
