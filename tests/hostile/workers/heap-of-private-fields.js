// harm: objects with private fields without an end
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    class Room {
      #a = new Array(10);
      has = () => #a in this;
    }
    const kept = [];
    for (;;) kept.push(new Room());
  },
};
