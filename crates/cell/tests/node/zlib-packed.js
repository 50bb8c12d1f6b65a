// What Node has packed.
export const packed = {
  gzip: "H4sIAAAAAAAAA/NIzcnJ11HIQKIUFTxGBQeTIACcFNSjpAEAAA==",
  deflate: "eJzzSM3JyddRyECiFBU8RgUHkyAArMyLJQ==",
  deflateRaw: "80jNycnXUchAohQVPEYFB5MgAA==",
  brotli: "G6MB+B2pU5+6WQ2CVIam2N4qhKXwoawSIIHGbBIC",
};
