import { initWasm, Resvg } from "@resvg/resvg-wasm";
import module from "@resvg/resvg-wasm/index_bg.wasm";

const ready = initWasm(module);

export default {
  async fetch(request) {
    await ready;
    const width = Number(new URL(request.url).searchParams.get("width") ?? 8);
    const drawing = new Resvg(await request.text(), { fitTo: { mode: "width", value: width }, background: "white" });
    const image = drawing.render();
    const [pixels, png] = [image.pixels, image.asPng()];
    const answer = { size: [image.width, image.height], first: [...pixels.slice(0, 4)], last: [...pixels.slice(-4)], png: png.length > 60 };
    image.free();
    drawing.free();
    return Response.json(answer);
  },
} satisfies ExportedHandler;
