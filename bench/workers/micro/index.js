// The micro-benchmarks: `GET /CASE/N` does one thing N times. The clock stands still inside of a worker, so whoever asks reads the time.
//
// A case is `{ gives, run(n) }`: `run` does the thing n times and gives n times `gives`. That is checked at every call, so that
// no engine can leave the work out, and none is timed that does something else.
import { bodies } from "./bodies.js";
import { encoding } from "./encoding.js";
import { headers } from "./headers.js";
import { others } from "./others.js";
import { params } from "./params.js";
import { streams } from "./streams.js";
import { urls } from "./urls.js";

const cases = { __proto__: null, ...headers, ...urls, ...params, ...streams, ...encoding, ...bodies, ...others };

export default {
  async fetch(request) {
    const [, name, count] = new URL(request.url).pathname.split("/");
    const n = Number(count);
    const found = cases[name];
    if (found === undefined || !Number.isSafeInteger(n)) return new Response("no such case", { status: 404 });
    try {
      const given = await found.run(n);
      if (given !== n * found.gives) return new Response(`${given} in place of ${n * found.gives}`, { status: 500 });
      return new Response("done");
    } catch (error) {
      return new Response(`${error}`, { status: 500 });
    }
  },
};
