// harm: a string joined a million times, then read
// expect: 200 - ok
// body: 1000000
// limits: cpu_ms=2000 memory_mib=128
export default {
  fetch() {
    let text = "";
    for (let n = 0; n < 1_000_000; n++) text = n % 2 ? "x" + text : text + "y";
    return new Response(String(text.charCodeAt(500_000) && text.length));
  },
};
