// A loop around splitting a megabyte into single letters.
export default {
  fetch() {
    const text = "ab,".repeat(350_000);
    for (;;) text.split("");
  },
};
