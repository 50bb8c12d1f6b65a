// harm: files in /tmp until there is no more memory
// expect: 200 - ok or 503 exceeded-memory exceededMemory
// limits: cpu_ms=4000 memory_mib=64
import fs from "node:fs";

const piece = new Uint8Array(256 << 10);

export default {
  fetch() {
    for (let count = 0; ; count++) {
      try {
        fs.mkdirSync(`/tmp/${count}/a/b`, { recursive: true });
        fs.writeFileSync(`/tmp/${count}/a/b/c`, piece);
      } catch (error) {
        if (error.code === "ENOSPC") return new Response(`full after ${count}`);
        throw error;
      }
    }
  },
};
