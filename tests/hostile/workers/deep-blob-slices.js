// harm: the slice of a slice of a Blob, a hundred thousand times
// expect: 200 - ok
// limits: cpu_ms=2000 memory_mib=128
export default {
  fetch() {
    let blob = new Blob(["x".repeat(1000)]);
    for (let n = 0; n < 100_000; n++) blob = blob.slice(0);
    return new Response(blob);
  },
};
