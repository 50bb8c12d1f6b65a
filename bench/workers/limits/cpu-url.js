// Parses long addresses without an end: the time is in the platform's own native.
export default {
  fetch() {
    const path = "a/../%20b/".repeat(5_000);
    for (let n = 0; ; n++) new URL(path + n, "https://example.com/");
  },
};
