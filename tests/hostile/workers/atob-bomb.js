// harm: a rope of half a gigabyte for atob and btoa
// expect: 200 - ok
// body: RangeError,RangeError
// limits: cpu_ms=2000
export default {
  fetch() {
    let text = "aaaa".repeat(1 << 18);
    while (text.length < 2 ** 28) text += text;
    const names = [atob, btoa].map((one) => {
      try {
        return one(text).length;
      } catch (error) {
        return error.name;
      }
    });
    return new Response(names.join());
  },
};
