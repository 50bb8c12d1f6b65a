// Fills a stream that nobody reads, whatever the stream says about being full.
export default {
  fetch() {
    let fill;
    new ReadableStream({ start: (controller) => (fill = controller) });
    for (let n = 0; ; n++) fill.enqueue(new Uint8Array(1 << 20).fill(n));
  },
};
