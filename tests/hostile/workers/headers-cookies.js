// harm: a response with two thousand cookies
// expect: 500 worker-exception exception
export default {
  fetch() {
    const headers = new Headers();
    for (let n = 0; n < 2_000; n++) headers.append("set-cookie", `c${n}=1`);
    return new Response("", { headers });
  },
};
