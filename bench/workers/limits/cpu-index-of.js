// A loop around a search through a million elements for what is not there.
export default {
  fetch() {
    const values = Array.from({ length: 1_000_000 }, (_, n) => n);
    let found = 0;
    for (let n = 1; ; n++) found += values.indexOf(-n);
  },
};
