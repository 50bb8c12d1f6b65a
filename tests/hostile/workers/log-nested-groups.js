// harm: groups in groups, a hundred thousand deep
// expect: 200 - ok
// limits: cpu_ms=1000
export default {
  fetch() {
    for (let n = 0; n < 100_000; n++) console.group();
    console.log("deep");
    return new Response("logged");
  },
};
