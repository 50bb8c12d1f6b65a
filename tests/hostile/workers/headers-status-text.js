// harm: a status text that would split the response
// expect: 200 - ok
// body: TypeError
export default {
  fetch() {
    try {
      return new Response("", { statusText: "OK\r\nset-cookie: a=b" });
    } catch (error) {
      return new Response(error.name);
    }
  },
};
