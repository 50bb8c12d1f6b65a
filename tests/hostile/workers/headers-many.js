// harm: a response with a hundred thousand headers
// expect: 500 worker-exception exception or 503 exceeded-cpu exceededCpu
// limits: cpu_ms=2000
export default {
  fetch() {
    const headers = new Headers();
    for (let n = 0; n < 100_000; n++) headers.append(`x-${n}`, "y");
    return new Response("", { headers });
  },
};
