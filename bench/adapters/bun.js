// bun run adapters/bun.js WORKER PORT
import { context } from "./context.js";

const [path, port] = process.argv.slice(2);
const { default: worker } = await import(path);
const env = { UPSTREAM: process.env.UPSTREAM };

Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  development: false,
  fetch: (request) => worker.fetch(request, env, context),
});
