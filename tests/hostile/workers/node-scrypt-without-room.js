// harm: scrypt that asks for terabytes of memory
// expect: 200 - ok
// limits: cpu_ms=2000
// body: RangeError
import { scryptSync } from "node:crypto";

export default {
  fetch() {
    try {
      return new Response(scryptSync("password", "salt", 32, { N: 2 ** 31, r: 1024, p: 1, maxmem: 2 ** 52 }).toString("hex"));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
