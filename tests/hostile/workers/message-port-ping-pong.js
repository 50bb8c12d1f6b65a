// harm: two ports that answer each other for ever
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => port1.postMessage(data);
    port2.onmessage = ({ data }) => port2.postMessage(data);
    port1.postMessage("ping");
    return new Promise((resolve) => port1.addEventListener("close", resolve));
  },
};
