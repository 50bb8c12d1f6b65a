// harm: intervals without an end, each as often as can be
// expect: 500 worker-exception exception
// limits: timers=200
export default {
  async fetch() {
    for (let n = 0; n < 200; n++) setInterval(() => setTimeout(() => {}, 0), 0);
    await scheduler.wait(100_000);
  },
};
