// harm: a resource that is never done with being disposed of
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    {
      using resource = { [Symbol.dispose]() { for (;;) {} } };
      if (!resource) return new Response();
    }
  },
};
