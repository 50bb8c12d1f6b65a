// harm: a rope of half a gigabyte, encoded
// expect: 200 - ok
// body: RangeError
// limits: cpu_ms=2000
export default {
  fetch() {
    let text = "\u20ac".repeat(1 << 20);
    while (text.length < 2 ** 28) text += text;
    try {
      new TextEncoder().encode(text);
    } catch (error) {
      return new Response(error.name);
    }
  },
};
