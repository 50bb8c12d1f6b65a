// harm: a body that is read twice
// expect: 200 - ok
// body: TypeError
export default {
  async fetch() {
    const response = new Response("x");
    await response.text();
    try {
      await response.text();
    } catch (error) {
      return new Response(error.name);
    }
  },
};
