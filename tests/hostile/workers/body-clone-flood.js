// harm: clones of clones of one response
// expect: 200 - ok
// limits: cpu_ms=1000
export default {
  fetch() {
    let response = new Response("x".repeat(1000));
    for (let n = 0; n < 3_000; n++) response = response.clone();
    return response;
  },
};
