// A loop in a getter that a native calls: there is native code under it on the stack.
export default {
  fetch() {
    return Response.json({
      get endless() {
        for (;;) {}
      },
    });
  },
};
