// One power: a result of sixteen million bits.
const exponent = 10_000_000n;

export default {
  fetch() {
    return new Response(String(3n ** exponent > 0n));
  },
};
