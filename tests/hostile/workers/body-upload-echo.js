// harm: an upload that flows back while it comes
// expect: 200 - ok
// client: post-huge
// limits: cpu_ms=2000
export default {
  fetch(request) {
    return new Response(request.body.pipeThrough(new TransformStream()));
  },
};
