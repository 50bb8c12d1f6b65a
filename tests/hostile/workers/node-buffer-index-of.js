// harm: a search in a buffer that finds its part at every odd place only
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    const bytes = Buffer.alloc(4 << 20, "ab");
    const part = Buffer.alloc(2 << 20, "ba");
    return new Response(String(bytes.indexOf(part, 0, "utf16le")));
  },
};
