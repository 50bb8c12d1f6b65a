// Wrangler's default rules import `.html` and `.txt` files as strings, `.wasm` files as compiled modules.
declare module "*.html" {
  const text: string;
  export default text;
}

declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
