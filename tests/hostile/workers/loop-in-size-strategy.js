// harm: a loop in a queuing strategy's size
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    new ReadableStream({ start: (controller) => controller.enqueue(1) }, { size() { for (;;) {} } });
  },
};
