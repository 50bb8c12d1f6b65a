// harm: a loop around a slow native at the top level
// expect: 500 worker-does-not-load exception
const text = JSON.stringify(Array.from({ length: 10_000 }, (_, n) => ({ n })));
for (;;) JSON.parse(text);
export default { fetch() {} };
