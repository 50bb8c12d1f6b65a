// harm: a body that fails with what cannot be shown
// expect: 200 - responseStreamDisconnected
export default {
  async fetch() {
    const body = new ReadableStream({
      async pull(controller) {
        await scheduler.wait(5);
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        controller.error(proxy);
      },
    });
    return new Response(body);
  },
};
