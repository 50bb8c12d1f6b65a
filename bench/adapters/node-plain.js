// node adapters/node-plain.js WORKER PORT
// Node with its own Request and Response: @hono/node-server puts lighter ones in their place, and here they are what is measured.
import { createServer } from "node:http";
import { context } from "./context.js";

const [path, port] = process.argv.slice(2);
const { default: worker } = await import(`file://${path}`);

createServer(async (incoming, outgoing) => {
  const response = await worker.fetch(new Request(`http://localhost${incoming.url}`), {}, context);
  outgoing.writeHead(response.status, { "content-type": "text/plain" });
  outgoing.end(await response.text());
}).listen(Number(port), "127.0.0.1");
