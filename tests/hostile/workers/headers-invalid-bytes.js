// harm: headers that would split the response
// expect: 200 - ok
// body: 6 refused
export default {
  fetch() {
    const tries = [["a\r\nb", "c"], ["a", "b\r\nc: d"], ["a", "\0"], ["a", "\u20ac"], ["a b", "c"], ["", "c"]];
    let refused = 0;
    for (const [name, value] of tries) {
      try {
        new Headers([[name, value]]);
      } catch {
        refused++;
      }
    }
    return new Response(`${refused} refused`);
  },
};
