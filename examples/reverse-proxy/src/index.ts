import { replaceText } from "./replace-text";

interface Env {
  UPSTREAM: string;
}

// Other encodings pass through untouched: text decoded wrongly would be damaged.
const HTML = /^text\/html\s*(;\s*charset="?utf-8"?)?$/i;

// Headers that describe the bytes of the body: no longer true once it is rewritten.
const ABOUT_THE_BYTES = ["accept-ranges", "content-length", "content-md5", "digest", "etag"];

export default {
  async fetch(request, env) {
    const here = new URL(request.url);
    const upstream = new URL(env.UPSTREAM).origin;
    const target = new URL(here.pathname + here.search, upstream);

    const asked = new Request(target, request);
    asked.headers.set("x-forwarded-host", here.host);
    asked.headers.set("x-forwarded-proto", here.protocol.slice(0, -1));

    let answer: Response;
    try {
      // Redirects are the visitor's business: their browser must see the new address.
      answer = await fetch(asked, { redirect: "manual" });
    } catch (error) {
      console.error(`${target}: ${error}`);
      return new Response("the upstream does not answer\n", { status: 502 });
    }

    let body = answer.body;
    const headers = new Headers(answer.headers);
    const location = headers.get("location");
    if (location) headers.set("location", location.replace(upstream, here.origin));
    if (HTML.test(headers.get("content-type") ?? "")) {
      for (const name of ABOUT_THE_BYTES) headers.delete(name);
      // None where the answer is to a HEAD, or says "not modified".
      if (body) body = rewrite(body, upstream, here.origin);
    }
    const { status, statusText, webSocket } = answer;
    return new Response(body, { status, statusText, headers, webSocket });
  },
} satisfies ExportedHandler<Env>;

function rewrite(html: ReadableStream<Uint8Array>, wanted: string, replacement: string): ReadableStream<Uint8Array> {
  return html
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(replaceText(wanted, replacement))
    .pipeThrough(new TextEncoderStream());
}
