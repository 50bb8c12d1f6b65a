// harm: delays that are no numbers
// expect: 200 - ok
// body: fired
export default {
  async fetch() {
    for (const delay of [NaN, -1, Infinity, 2 ** 31, 2 ** 53, "x", null, {}, [5]]) clearTimeout(setTimeout(() => {}, delay));
    for (const id of [NaN, -1, Infinity, 2 ** 31, "x", null, {}]) clearTimeout(id);
    await new Promise((resolve) => setTimeout(resolve, -5));
    return new Response("fired");
  },
};
