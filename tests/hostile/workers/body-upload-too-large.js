// harm: an upload longer than it may be, whose length is not told
// expect: 200 - ok
// client: post-huge
// body: larger than 1 MiB
// limits: request_body_mib=1 cpu_ms=1000
export default {
  async fetch(request) {
    try {
      await request.arrayBuffer();
    } catch (error) {
      return new Response(error.message);
    }
  },
};
