// harm: a getOwnPropertyDescriptor trap that never returns
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    new URLSearchParams(new Proxy({ a: 1 }, { getOwnPropertyDescriptor() { for (;;) {} } }));
  },
};
