// harm: a loop in a class's static block
// expect: 500 worker-does-not-load exception
class Loop {
  static {
    for (;;) {}
  }
}
export default { fetch: () => new Response(String(Loop)) };
