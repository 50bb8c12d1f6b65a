// One join of two million numbers.
const values = [];
for (let n = 0; n < 2_000_000; n++) values.push(n + 0.5);

export default {
  fetch() {
    return new Response(String(values.join().length));
  },
};
