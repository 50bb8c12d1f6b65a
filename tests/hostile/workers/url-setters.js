// harm: a URL changed piece by piece for ever
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    const url = new URL("http://a/");
    for (let n = 0; ; n++) {
      url.searchParams.append("a", "b".repeat(1000));
      url.hash = String(n);
    }
  },
};
