// node adapters/node.js WORKER PORT
// @hono/node-server is what people put between `node:http` and a fetch handler: it makes Request and Response lazily.
import { serve } from "@hono/node-server";
import { context } from "./context.js";

const [path, port] = process.argv.slice(2);
const { default: worker } = await import(`file://${path}`);
const env = { UPSTREAM: process.env.UPSTREAM };

serve({
  hostname: "127.0.0.1",
  port: Number(port),
  fetch: (request) => worker.fetch(request, env, context),
});
