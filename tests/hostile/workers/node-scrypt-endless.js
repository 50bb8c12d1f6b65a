// harm: scrypt that would take hours, within its memory
// expect: 503 exceeded-cpu exceededCpu
import { scryptSync } from "node:crypto";

export default {
  fetch() {
    return new Response(scryptSync("password", "salt", 32, { N: 1024, r: 8, p: 1000000, maxmem: 2 ** 40 }).toString("hex"));
  },
};
