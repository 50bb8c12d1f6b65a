// harm: the time as new files and events tell it
// expect: 200 - ok
// body: still
export default {
  fetch() {
    const times = () => [new File([], "x").lastModified, new Event("x").timeStamp];
    const before = times();
    for (let n = 0; n < 1e7; n++);
    return new Response(times().join() === before.join() ? "still" : "moved");
  },
};
