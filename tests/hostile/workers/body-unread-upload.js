// harm: an upload that nobody reads
// expect: 200 - ok
// client: post-huge
// body: unread
export default {
  fetch() {
    return new Response("unread");
  },
};
