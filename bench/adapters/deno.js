// deno run adapters/deno.js WORKER PORT
import { context } from "./context.js";

const [path, port] = Deno.args;
const { default: worker } = await import(`file://${path}`);
const env = { UPSTREAM: Deno.env.get("UPSTREAM") };

Deno.serve(
  { hostname: "127.0.0.1", port: Number(port), onListen() {} },
  (request) => worker.fetch(request, env, context),
);
