// harm: a loop in a getter that structuredClone calls
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    structuredClone({ get a() { for (;;) {} } });
  },
};
