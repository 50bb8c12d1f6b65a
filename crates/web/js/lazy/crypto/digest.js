// Hash functions (https://w3c.github.io/webcrypto/#sha), and MD5, which only old protocols still need.
import { registerAlgorithm } from "./algorithms.js";
import { native } from "../../native.js";

for (const name of ["SHA-1", "SHA-256", "SHA-384", "SHA-512", "MD5"]) {
  registerAlgorithm(name, { digest: { run: (_, data) => native.digest(name, data) } });
}
