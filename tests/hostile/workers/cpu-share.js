// harm: an account that uses its burst up
// expect: 503 exceeded-cpu exceededCpu or 503 load-shed loadShed
// client: get 8
// limits: cpu_ms=60 cpu_share_percent=5 cpu_burst_ms=100
export default {
  fetch() {
    for (;;) {}
  },
};
