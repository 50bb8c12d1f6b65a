// One number of eight million bits, written as decimal text.
const large = (1n << 8_000_000n) - 12_345n;

export default {
  fetch() {
    return new Response(String(large.toString().length));
  },
};
