// Compiles the components in `src/` for the server, into `target/`.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { compile } from "svelte/compiler";

const source = new URL("src/", import.meta.url);
const target = new URL("target/", import.meta.url);

mkdirSync(target, { recursive: true });
for (const filename of readdirSync(source).filter((name) => name.endsWith(".svelte"))) {
  const { js } = compile(readFileSync(new URL(filename, source), "utf8"), { filename, generate: "server" });
  const code = js.code.replaceAll(/(from ['"]\.\/\w+)\.svelte/g, "$1.js");
  writeFileSync(new URL(filename.replace(".svelte", ".js"), target), code);
}
