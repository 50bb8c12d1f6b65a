// A loop around replaceAll over a megabyte.
export default {
  fetch() {
    const text = "ab,".repeat(350_000);
    for (;;) text.replaceAll(",", "; ");
  },
};
