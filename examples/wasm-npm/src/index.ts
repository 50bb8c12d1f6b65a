import { initWasm, Resvg } from "@resvg/resvg-wasm";
import resvg from "@resvg/resvg-wasm/index_bg.wasm";

import { avatar } from "./avatar";

const SIZE_PX_DEFAULT = 128;
const SIZE_PX_MAX = 1024;
const SVG_BYTES_MAX = 256 * 1024;

// Once an isolate: every request after the first finds it done.
const ready = initWasm(resvg);

export default {
  async fetch(request) {
    const url = new URL(request.url);
    const size = Number(url.searchParams.get("size") ?? SIZE_PX_DEFAULT);
    if (!Number.isInteger(size) || size < 1 || size > SIZE_PX_MAX) return new Response(`size: 1 to ${SIZE_PX_MAX}\n`, { status: 400 });

    const name = /^\/avatars\/([^/]+)\.png$/.exec(url.pathname)?.[1];
    if (name) return png(avatar(decodeURIComponent(name)), size, { "cache-control": "public, max-age=86400, immutable" });

    if (url.pathname === "/render" && request.method === "POST") {
      const svg = await request.text();
      if (svg.length > SVG_BYTES_MAX) return new Response(`at most ${SVG_BYTES_MAX} bytes\n`, { status: 413 });
      try {
        return await png(svg, size);
      } catch (error) {
        return new Response(`not an SVG that can be drawn: ${error}\n`, { status: 422 });
      }
    }
    return new Response("GET /avatars/<name>.png?size=128, or POST an SVG to /render\n", { status: 404 });
  },
} satisfies ExportedHandler;

async function png(svg: string, width: number, headers: HeadersInit = {}): Promise<Response> {
  await ready;
  const drawing = new Resvg(svg, { fitTo: { mode: "width", value: width } });
  const image = drawing.render();
  try {
    return new Response(image.asPng(), { headers: { ...headers, "content-type": "image/png" } });
  } finally {
    // Wasm memory is not garbage-collected: what is not freed here stays until the isolate dies.
    image.free();
    drawing.free();
  }
}
