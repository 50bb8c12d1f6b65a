// Streams pieces with pauses between them.
export default {
  fetch(request) {
    const id = new URL(request.url).pathname.slice(1);
    const encoder = new TextEncoder();
    let tick = 0;
    const body = new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        controller.enqueue(encoder.encode(`${id}:${++tick};`));
        if (tick === 5) controller.close();
      },
    });
    return new Response(body);
  },
};
