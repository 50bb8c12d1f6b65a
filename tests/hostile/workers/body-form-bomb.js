// harm: a form of twenty thousand files to parse
// expect: 200 - ok
// client: post-form
// limits: cpu_ms=3000
export default {
  async fetch(request) {
    return new Response(String((await request.formData()).getAll("n").length));
  },
};
