// Keeps ever more texts of a megabyte.
export default {
  fetch() {
    const kept = [];
    const megabyte = "x".repeat(1 << 20);
    for (let n = 0; ; n++) kept.push(JSON.stringify(megabyte + n));
  },
};
