// harm: a template nested in itself without an end
// expect: 200 - ok
// body: RangeError
export default {
  fetch() {
    const deep = (n) => `${n}${deep(n + 1)}`;
    try {
      deep(0);
    } catch (error) {
      return new Response(error.name);
    }
  },
};
