// harm: a listener for errors that throws errors, which are told to it
// expect: 200 - ok
// limits: cpu_ms=2000
// body: 1000
let told = 0;
addEventListener("error", (event) => {
  told++;
  reportError(event.error);
  throw event.error;
});

export default {
  fetch() {
    told = 0;
    for (let i = 0; i < 1_000; i++) reportError(new Error("again"));
    return new Response(String(told));
  },
};
