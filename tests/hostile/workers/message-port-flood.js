// harm: messages that nobody reads, each larger than the last
// expect: 503 exceeded-memory exceededMemory or 500 worker-exception exception
// limits: cpu_ms=2000
export default {
  fetch() {
    const { port1 } = new MessageChannel();
    for (let length = 1; ; length++) port1.postMessage(new Uint8Array(length * 1_000));
  },
};
