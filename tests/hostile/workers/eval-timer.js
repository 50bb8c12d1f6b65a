// harm: a timer whose callback is a text
// expect: 200 - ok
// body: TypeError
export default {
  fetch() {
    try {
      setTimeout("globalThis.ran = true", 0);
      return new Response("allowed");
    } catch (error) {
      return new Response(error.name);
    }
  },
};
