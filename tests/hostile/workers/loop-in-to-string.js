// harm: a toString, called by the platform, that never returns
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    return new Response({ toString() { for (;;) {} } });
  },
};
