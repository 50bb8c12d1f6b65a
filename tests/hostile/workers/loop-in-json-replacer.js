// harm: a loop in JSON.stringify's replacer
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    JSON.stringify({ a: 1 }, () => { for (;;) {} });
  },
};
