// PostgreSQL itself, compiled to Wasm, behind a socket of this machine: what clients are tested against that need more than one query.
// Prints its port. It has one session at a time, as it is a single process; others wait.
import { createServer } from "node:net";
import { PGlite } from "@electric-sql/pglite";

const SSL_REQUEST = 80877103;
const database = await PGlite.create();
let last = Promise.resolve();

createServer(async (socket) => {
  const before = last;
  let finished;
  last = new Promise((resolve) => (finished = resolve));
  socket.on("error", () => {});
  socket.on("close", finished);
  await before;
  // The process is one session for all: what the last one left behind is not the next one's.
  await database.exec("rollback");
  await database.exec("discard all");
  let started = false;
  let kept = Buffer.alloc(0);
  try {
    for await (const chunk of socket) {
      kept = Buffer.concat([kept, chunk]);
      for (;;) {
        // The first packet has a length alone, all others a letter before it.
        const at = started ? 1 : 0;
        if (kept.length < at + 4 || kept.length < at + kept.readUInt32BE(at)) break;
        const message = kept.subarray(0, at + kept.readUInt32BE(at));
        kept = kept.subarray(message.length);
        if (started && message[0] === "X".charCodeAt(0)) return socket.end();
        if (!started && message.readUInt32BE(4) === SSL_REQUEST) {
          socket.write("N");
          continue;
        }
        started = true;
        socket.write(await database.execProtocolRaw(new Uint8Array(message)));
      }
    }
  } finally {
    socket.destroy();
  }
}).listen(0, "127.0.0.1", function () {
  console.log(this.address().port);
});
