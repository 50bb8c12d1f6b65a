// harm: an export that calls itself through ctx.exports for ever
// expect: 200 - ok
// body: came to an end
// limits: cpu_ms=2000
import { WorkerEntrypoint } from "cloudflare:workers";

export class Again extends WorkerEntrypoint {
  go(depth) {
    return this.ctx.exports.Again({ props: { depth } }).go(depth + 1);
  }
}

export default {
  fetch: (_request, _env, ctx) => ctx.exports.Again.go(1).then(
    () => new Response("it answered"),
    () => new Response("it came to an end"),
  ),
};
