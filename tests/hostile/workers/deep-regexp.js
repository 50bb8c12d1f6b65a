// harm: a match that goes a million groups deep
// expect: 200 - ok
// limits: cpu_ms=1000 memory_mib=128
export default {
  fetch() {
    try {
      return new Response(String(/^(?:(a)|b)*$/.test("ab".repeat(2_000_000))));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
