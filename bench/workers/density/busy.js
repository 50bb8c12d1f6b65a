// A third of a second of work at top level: a table of the lengths of Collatz sequences, as an app may parse its dictionary or fill its router.
const COUNT = 400_000;
const lengths = new Uint16Array(COUNT);
const longest = new Map();

for (let number = 1; number < COUNT; number++) {
  let value = number;
  let length = 1;
  while (value !== 1) {
    value = value % 2 === 0 ? value / 2 : 3 * value + 1;
    length++;
  }
  lengths[number] = length;
  if (length > (longest.get(number % 1000)?.length ?? 0)) longest.set(number % 1000, { number, length });
}

export default {
  fetch() {
    return new Response(`${lengths[27]} ${longest.size}`);
  },
};
