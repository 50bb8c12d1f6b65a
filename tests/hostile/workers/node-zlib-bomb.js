// harm: a few kilobytes that unpack to gigabytes, at once
// expect: 503 exceeded-memory exceededMemory or 500 worker-exception exception
// limits: cpu_ms=5000
import { gunzipSync, gzipSync } from "node:zlib";

export default {
  fetch() {
    let bomb = gzipSync(Buffer.alloc(4 << 20));
    // The members of a gzip file are unpacked one after another.
    while (bomb.length < 1 << 20) bomb = Buffer.concat([bomb, bomb]);
    return new Response(String(gunzipSync(bomb).length));
  },
};
