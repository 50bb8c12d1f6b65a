// A loop around Unicode normalisation of half a million letters.
export default {
  fetch() {
    const text = "\u1e9b\u0323".repeat(250_000);
    for (;;) text.normalize("NFKD");
  },
};
