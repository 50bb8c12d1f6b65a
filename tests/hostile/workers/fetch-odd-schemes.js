// harm: addresses that lead into the machine
// expect: 200 - ok
// body: 6 refused
export default {
  async fetch() {
    let refused = 0;
    for (const url of ["file:///etc/passwd", "unix:///tmp/x", "blob:x", "about:blank", "ftp://a/", "javascript:1"]) {
      await fetch(url).catch(() => refused++);
    }
    return new Response(`${refused} refused`);
  },
};
