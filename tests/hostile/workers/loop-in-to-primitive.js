// harm: a Symbol.toPrimitive, called by the URL parser, that never returns
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    new URL({ [Symbol.toPrimitive]() { for (;;) {} } });
  },
};
