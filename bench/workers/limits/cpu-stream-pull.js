// Burns CPU time whenever its response's body is read: the head has long been sent.
export default {
  fetch() {
    const pull = (controller) => {
      for (let n = 0; n < 2e6; n++);
      controller.enqueue(new Uint8Array(1024));
    };
    return new Response(new ReadableStream({ pull }));
  },
};
