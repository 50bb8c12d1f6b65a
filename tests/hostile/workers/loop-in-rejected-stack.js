// harm: a rejection that nobody handles, whose reason loops when it is shown
// expect: 200 - exceededCpu or 200 - ok or 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    Promise.reject({ get stack() { for (;;) {} }, get message() { for (;;) {} } });
    return new Response("done");
  },
};
