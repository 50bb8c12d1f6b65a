// One sort of eight million floats.
const values = new Float64Array(8_000_000);
for (let n = 0; n < values.length; n++) values[n] = (n * 7919) % 8_000_009;

export default {
  fetch() {
    return new Response(String(values.sort()[0]));
  },
};
