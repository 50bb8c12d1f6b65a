// harm: an event that waits longer than it may
// expect: 503 exceeded-wall-time exceededWallTime
// limits: wall_ms=200
export default {
  async fetch() {
    await scheduler.wait(100_000);
  },
};
