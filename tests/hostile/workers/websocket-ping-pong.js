// harm: two halves of a pair that answer each other for ever
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    const pair = new WebSocketPair();
    for (const end of [pair[0], pair[1]]) {
      end.accept();
      end.addEventListener("message", ({ data }) => end.send(data));
    }
    pair[0].send("x");
    return new Promise(() => {});
  },
};
