// harm: a logged object with a tag that never returns
// expect: 200 - ok
export default {
  fetch() {
    console.log({ get [Symbol.toStringTag]() { for (;;) {} }, get constructor() { for (;;) {} } });
    return new Response("logged");
  },
};
