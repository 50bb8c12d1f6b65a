// harm: a list of four billion languages that are not there
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    Intl.getCanonicalLocales({ length: 2 ** 32 - 1 });
    return new Response("never");
  },
};
