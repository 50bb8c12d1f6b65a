// harm: scrypt that would take minutes, within its memory
// expect: 503 exceeded-cpu exceededCpu
import { scryptSync } from "node:crypto";

export default {
  fetch() {
    return new Response(scryptSync("password", "salt", 32, { N: 8192, r: 8, p: 5000, maxmem: 2 ** 40 }).toString("hex"));
  },
};
