// harm: objects nested a hundred thousand deep, made into text
// expect: 200 - ok
export default {
  fetch() {
    let deep = {};
    for (let n = 0; n < 100_000; n++) deep = { deep };
    try {
      return new Response(String(JSON.stringify(deep).length));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
