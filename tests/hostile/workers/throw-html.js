// harm: an error whose message is a page for whoever reads it
// expect: 500 worker-exception exception
export default {
  fetch() {
    throw new Error("</pre><script>alert(1)</script>\r\nset-cookie: a=b\x1b[2J");
  },
};
