// harm: an answer that does not wait for the upload's end
// expect: - - ok
// client: slow-writer
export default {
  fetch() {
    return new Response("early");
  },
};
