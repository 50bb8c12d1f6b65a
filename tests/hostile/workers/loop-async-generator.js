// harm: an async generator without an end
// expect: 503 exceeded-cpu exceededCpu
export default {
  async fetch() {
    async function* numbers() {
      for (let n = 0; ; n++) yield n;
    }
    for await (const _ of numbers());
  },
};
