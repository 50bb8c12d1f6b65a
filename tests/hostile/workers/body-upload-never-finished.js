// harm: an upload of which the client sends a byte now and then
// expect: - - canceled
// client: slow-writer
export default {
  async fetch(request) {
    return new Response(await request.text());
  },
};
