// A worker that makes its cell need every system call that it may make.
import add from "./add.wasm";
import compareForEver from "./long.js";

const text = "abcdefghijklmnopqrstuvwxyz".repeat(40_000);

const works = {
  async timers() {
    await Promise.all(Array.from({ length: 200 }, (_, n) => scheduler.wait(n % 20)));
  },
  async memory() {
    for (let round = 0; round < 6; round++) {
      const kept = [];
      for (let n = 0; n < 60; n++) kept.push(new Uint8Array(1 << 20).fill(n), new Array(50_000).fill({ n }), text + n);
      await scheduler.wait(1);
    }
  },
  async hash() {
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    crypto.getRandomValues(new Uint8Array(4096));
    crypto.randomUUID();
  },
  async compression() {
    const packed = new Blob([text, text]).stream().pipeThrough(new CompressionStream("gzip"));
    await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  },
  async wasm() {
    const { exports } = new WebAssembly.Instance(add);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 500 });
    for (let n = 0; n < 5; n++) memory.grow(50);
    for (let n = 0; n < 1_000_000; n++) exports.add(n, n);
  },
  async hot() {
    const work = (a, b) => { let sum = 0; for (let n = 0; n < 300; n++) sum += Math.imul(a ^ n, b) % 7; return sum; };
    let sum = 0;
    for (let n = 0; n < 100_000; n++) sum += work(n, sum | 0);
  },
  async subrequests() {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => fetch("http://example.com/" + n)));
    for (const answer of answers) await answer.text();
  },
  async dates() {
    new Date().toString();
    new Intl.DateTimeFormat("de", { timeZone: "Asia/Tokyo", dateStyle: "full" }).format(0);
    [..."zäb"].sort(new Intl.Collator("de").compare);
  },
  async errors() {
    for (let n = 0; n < 50; n++) console.log("line", n, new Error("of many").stack);
  },
  async clone() {
    for (let n = 1; n < 12; n++) structuredClone(Array.from({ length: n * 20_000 }, (_, k) => ({ k, text: "x" + k })));
  },
  loop() { for (;;) {} },
  // V8 looks for a termination in the loops of such a long function only after a thousand million rounds: nothing but the
  // watchdog's nudge ends it, however fast the machine is.
  natives() {
    const half = "x".repeat(1e7);
    compareForEver(half + "a", half + "b");
  },
  regexp() { /^(a+)+$/.test("a".repeat(60) + "b"); },
  sort() { for (;;) new Float64Array(3_000_000).map((_, n) => -n).sort(); },
  heap() { const kept = []; for (;;) kept.push({ n: kept.length, text: "x" + kept.length }); },
  // Takes the access away from a page of its own (mprotect), and reads it.
  crash() {
    const bytes = new Uint8Array(1 << 20);
    for (let at = 0; at < 4096; at++) {
      if (escapeSyscall(10, bytes.subarray(at), 4096, 0) === 0) return bytes[at + 100];
    }
  },
  abort() { escapeSyscall(234, escapeSyscall(39), escapeSyscall(186), 6); },
};

export default {
  async fetch(request) {
    const name = new URL(request.url).pathname.slice(1);
    if (request.body) for await (const _piece of request.body);
    await works[name]?.();
    return new Response(new ReadableStream({
      async start(controller) {
        for (let n = 0; n < 3; n++) controller.enqueue(new Uint8Array(100_000));
        controller.close();
      },
    }));
  },
};
