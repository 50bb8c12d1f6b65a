// harm: the readers and controllers of streams replaced
// expect: 200 - ok
// body: right answer
// client: get 2
const stream = new ReadableStream();
const Reader = stream.getReader().constructor;
Reader.prototype.read = () => { throw new Error("polluted"); };
ReadableStream.prototype.getReader = () => { throw new Error("polluted"); };
ReadableStream.prototype[Symbol.asyncIterator] = () => { throw new Error("polluted"); };

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
