// harm: events that all wait, past how many there may be
// expect: 503 exceeded-wall-time exceededWallTime or 503 load-shed loadShed
// client: together 30
// limits: wall_ms=300 events=10
export default {
  async fetch() {
    await scheduler.wait(100_000);
  },
};
