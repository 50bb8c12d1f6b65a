// harm: a Proxy's trap, called by the platform, that never returns
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    new Headers(new Proxy({}, { ownKeys() { for (;;) {} } }));
  },
};
