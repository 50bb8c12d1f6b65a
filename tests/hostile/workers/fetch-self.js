// harm: an event that fetches its own host without an end
// expect: 508 loop-detected ok
// limits: cpu_ms=1000
export default {
  fetch(request) {
    return fetch(request.url);
  },
};
