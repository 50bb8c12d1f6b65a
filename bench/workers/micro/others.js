// What else workers call often: clones, digests, identifiers, events, signals.
const DATA = { id: 4711, name: "Ada", born: new Date(0), tags: ["a", "b", "c"], nested: { list: [1, 2, 3, { deep: true }], map: new Map([["k", "v"]]) } };
const BYTES = new Uint8Array(64).fill(7);

export const others = {
  "clone-object": {
    gives: 3,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += structuredClone(DATA).tags.length;
      return sum;
    },
  },
  "digest-short": {
    gives: 32,
    async run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += (await crypto.subtle.digest("SHA-256", BYTES)).byteLength;
      return sum;
    },
  },
  "random-uuid": {
    gives: 36,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += crypto.randomUUID().length;
      return sum;
    },
  },
  "random-values": {
    gives: 16,
    run(n) {
      const bytes = new Uint8Array(16);
      let sum = 0;
      for (let i = 0; i < n; i++) sum += crypto.getRandomValues(bytes).length;
      return sum;
    },
  },
  "event-dispatch": {
    gives: 1,
    run(n) {
      const target = new EventTarget();
      let sum = 0;
      target.addEventListener("thing", () => sum++);
      for (let i = 0; i < n; i++) target.dispatchEvent(new Event("thing"));
      return sum;
    },
  },
  "abort-signal": {
    gives: 1,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) {
        const controller = new AbortController();
        controller.signal.addEventListener("abort", () => sum++);
        controller.abort();
      }
      return sum;
    },
  },
};
