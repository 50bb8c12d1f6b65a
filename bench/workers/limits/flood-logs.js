// Writes to the console without an end.
export default {
  fetch() {
    for (;;) console.log("x".repeat(1000));
  },
};
