// harm: natives that call back until the stack ends
// expect: 200 - ok
// body: RangeError
// limits: cpu_ms=1000
export default {
  fetch() {
    const down = () => new Headers({ get a() { return String([1].map(() => JSON.stringify({ toJSON: () => down() }))); } });
    try {
      down();
    } catch (error) {
      return new Response(error.name);
    }
  },
};
