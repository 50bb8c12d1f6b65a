// harm: timers up to the platform's own limit
// expect: 200 - ok
// body: Too many timers
// limits: cpu_ms=1000
export default {
  fetch() {
    try {
      for (;;) setTimeout(() => {}, 100_000);
    } catch (error) {
      return new Response(`${error.name}: ${error.message}`);
    }
  },
};
