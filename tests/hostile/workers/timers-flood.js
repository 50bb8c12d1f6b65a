// harm: timers without an end
// expect: 200 - ok
// body: Too many timers
// limits: timers=100
export default {
  fetch() {
    try {
      for (;;) setTimeout(() => {}, 100_000);
    } catch (error) {
      return new Response(error.message);
    }
  },
};
