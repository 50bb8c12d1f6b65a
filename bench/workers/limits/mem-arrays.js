// Keeps ever more arrays of a megabyte.
export default {
  fetch() {
    const kept = [];
    for (let n = 0; ; n++) kept.push(new Array(1 << 18).fill(n));
  },
};
