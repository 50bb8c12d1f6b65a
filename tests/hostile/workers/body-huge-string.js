// harm: a response of half a gigabyte of text
// expect: 500 worker-exception exception or 503 exceeded-memory exceededMemory
// limits: cpu_ms=2000
export default {
  fetch() {
    let text = "x".repeat(1 << 20);
    while (text.length < 2 ** 28) text += text;
    return new Response(text);
  },
};
