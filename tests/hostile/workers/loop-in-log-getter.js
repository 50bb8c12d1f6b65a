// harm: a logged object with a getter that never returns
// expect: 200 - ok
export default {
  fetch() {
    console.log({ get a() { for (;;) {} } });
    return new Response("logged");
  },
};
