// harm: a response whose body comes much later, and a client that leaves
// expect: - - canceled
// client: leaves-early
export default {
  fetch() {
    return new Response(new ReadableStream({ pull: () => scheduler.wait(100_000) }));
  },
};
