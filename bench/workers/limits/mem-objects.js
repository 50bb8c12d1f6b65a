// Keeps ever more small objects.
export default {
  fetch() {
    const kept = [];
    for (let n = 0; ; n++) kept.push({ n, name: `name ${n}`, next: kept[n - 1] });
  },
};
