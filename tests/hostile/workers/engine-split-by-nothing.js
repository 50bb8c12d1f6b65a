// harm: a text that a regular expression splits between all of its characters
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
export default {
  fetch() {
    return new Response("x".repeat(16e6).split(/(?:)/).length);
  },
};
