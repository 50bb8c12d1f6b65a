// harm: the functions of Number, Math and Symbol replaced
// expect: 200 - ok
// body: right answer
// client: get 2
for (const holder of [Math, Number, Symbol, BigInt, Date, String]) {
  for (const key of Object.getOwnPropertyNames(holder)) {
    if (typeof holder[key] === "function") holder[key] = () => { throw new Error("polluted"); };
  }
}

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
