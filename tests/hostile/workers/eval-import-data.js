// harm: a module imported from a data URL
// expect: 200 - ok
// body: refused
export default {
  async fetch() {
    const url = "data:text/javascript,export%20default%201";
    try {
      return new Response(String((await import(url)).default));
    } catch {
      return new Response("refused");
    }
  },
};
