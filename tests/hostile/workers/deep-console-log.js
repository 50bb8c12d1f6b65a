// harm: objects nested a hundred thousand deep, logged
// expect: 200 - ok
// body: logged
export default {
  fetch() {
    let deep = {};
    for (let n = 0; n < 100_000; n++) deep = { deep };
    console.log(deep);
    console.dir(deep, { depth: Infinity });
    return new Response("logged");
  },
};
