// harm: a stream that always has more, read by one that always wants more
// expect: 503 exceeded-cpu exceededCpu or 503 exceeded-memory exceededMemory
import { Readable, Writable } from "node:stream";

export default {
  async fetch() {
    const source = new Readable({
      read() {
        while (this.push("x".repeat(1024)));
      },
    });
    const sink = new Writable({ write: (chunk, encoding, callback) => callback() });
    await new Promise((resolve) => source.pipe(sink).on("finish", resolve));
    return new Response("done");
  },
};
