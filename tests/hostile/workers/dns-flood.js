// harm: names that it looks up without an end
// expect: 200 - ok
// limits: dns_lookups_per_min=5 cpu_ms=1000
// body: 95 refused
export default {
  async fetch() {
    let refused = 0;
    for (let n = 0; n < 100; n++) {
      try {
        // Longer than a label may be: whoever looks it up fails, and asks nobody.
        await fetch(`http://${n}${"x".repeat(70)}.invalid/`);
      } catch (error) {
        if (/5 times in a minute/.test(error.message)) refused++;
      }
    }
    return new Response(`${refused} refused`);
  },
};
