// harm: a client that stops in the middle of the upload that its answer is made of, and waits
// expect: 200 - exceededWallTime
// client: stalls
export default {
  fetch(request) {
    return new Response(request.body.pipeThrough(new TransformStream()));
  },
};
