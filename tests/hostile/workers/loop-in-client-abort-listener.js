// harm: a loop in the listener that tells that the client has left
// expect: - - canceled or - - exceededCpu
// client: leaves-early
export default {
  async fetch(request) {
    request.signal.addEventListener("abort", () => { for (;;) {} });
    await scheduler.wait(1000);
    return new Response("late");
  },
};
