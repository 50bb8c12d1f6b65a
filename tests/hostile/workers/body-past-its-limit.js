// harm: a response longer than it may be
// expect: 200 - responseStreamDisconnected
// limits: response_body_mib=1 cpu_ms=2000
export default {
  fetch() {
    const chunk = new Uint8Array(1 << 16);
    return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }));
  },
};
