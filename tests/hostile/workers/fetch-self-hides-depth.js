// harm: an event that fetches its own host and hides how deep it is
// expect: 508 loop-detected ok
// limits: cpu_ms=1000
export default {
  fetch(request) {
    return fetch(new Request(request.url, { headers: { "cdn-loop": "none", connection: "cdn-loop" } }));
  },
};
