// harm: ports that are sent through each other until nobody holds them
// expect: 200 - ok
// limits: cpu_ms=2000
// body: 10000 DataCloneError
export default {
  async fetch() {
    let sent = 0;
    for (; sent < 10_000; sent++) {
      const { port1, port2 } = new MessageChannel();
      const other = new MessageChannel();
      port1.postMessage(other.port1, [other.port1]);
      other.port2.postMessage(port2, [port2]);
    }
    const { port1 } = new MessageChannel();
    try {
      port1.postMessage(port1, [port1]);
    } catch (error) {
      return new Response(`${sent} ${error.name}`);
    }
  },
};
