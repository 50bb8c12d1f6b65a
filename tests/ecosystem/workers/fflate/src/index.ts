import { gunzipSync, gzipSync, strFromU8, strToU8, unzipSync, Zip, ZipDeflate, ZipPassThrough } from "fflate";

// Packs as it is read: a zip of any size in little memory.
function zipped(files: Record<string, string>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      const zip = new Zip((error, chunk, last) => {
        if (error) return controller.error(error);
        controller.enqueue(chunk);
        if (last) controller.close();
      });
      for (const [name, text] of Object.entries(files)) {
        const file = name.endsWith(".bin") ? new ZipPassThrough(name) : new ZipDeflate(name, { level: 9 });
        zip.add(file);
        file.push(strToU8(text), true);
      }
      zip.end();
    },
  });
}

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/zip") return new Response(zipped(await request.json()), { headers: { "content-type": "application/zip" } });
    if (pathname === "/unzip") {
      const files = unzipSync(await request.bytes());
      return Response.json(Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, strFromU8(bytes)])));
    }
    // What the one packs, the other unpacks.
    const text = await request.text();
    const theirs = new Blob([gzipSync(strToU8(text))]).stream().pipeThrough(new DecompressionStream("gzip"));
    const ours = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
    const unpacked = strFromU8(gunzipSync(await new Response(ours).bytes()));
    return Response.json([(await new Response(theirs).text()) === text, unpacked === text]);
  },
} satisfies ExportedHandler;
