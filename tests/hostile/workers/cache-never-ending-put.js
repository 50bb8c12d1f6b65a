// harm: a response to be kept whose body never comes, and a client that does not wait
// expect: - - canceled
// client: leaves-early
export default {
  async fetch() {
    await caches.default.put("https://x/", new Response(new ReadableStream({ pull: () => new Promise((resolve) => setTimeout(resolve, 60_000)) })));
    return new Response("kept");
  },
};
