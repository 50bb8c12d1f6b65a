// harm: a format's argument that never becomes a string
// expect: 503 exceeded-cpu exceededCpu or 200 - ok
export default {
  fetch() {
    const object = { toString() { for (;;) {} }, valueOf() { for (;;) {} } };
    console.log("%s %d %o", object, object, object);
    return new Response("logged");
  },
};
