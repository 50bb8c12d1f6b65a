// harm: two functions that call each other without an end, catching what comes
// expect: 503 exceeded-cpu exceededCpu
// limits: cpu_ms=300
export default {
  fetch() {
    const ping = (n) => {
      try {
        return pong(n + 1);
      } catch {
        return pong(n + 1);
      }
    };
    const pong = (n) => ping(n + 1);
    try {
      return new Response(String(ping(0)));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
