// harm: calls on files with arguments that change, lie or throw while they are read
// expect: 200 - ok
// limits: cpu_ms=4000
import fs from "node:fs";

let calls = 0;
const attempt = (work) => {
  calls++;
  try {
    return work();
  } catch {
    return undefined;
  }
};

export default {
  async fetch() {
    const lying = { get length() { return 2 ** 53; }, get byteLength() { return -1; }, toString: () => { throw new Error("mine"); } };
    const gone = new Uint8Array(8);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    const shrinking = new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 }));
    const trap = new Proxy({}, { get() { fs.rmSync("/tmp", { recursive: true, force: true }); shrinking.buffer.resize(1); return 4; } });
    const fd = fs.openSync("/tmp/f", "w+");
    for (const value of [lying, gone, shrinking, trap, null, undefined, -1, 2 ** 60, NaN, 5n, Symbol("s"), [], "\0", "\ud800", new URL("file:///%00"), () => {}]) {
      for (const name of Object.keys(fs)) {
        if (typeof fs[name] !== "function" || /^[A-Z]/.test(name)) continue;
        attempt(() => fs[name](value, value, value, value));
        attempt(() => fs[name](fd, value, value, value));
        attempt(() => fs[name]("/tmp/f", value, value));
        attempt(() => fs[name]("/tmp/f", trap, () => {}));
      }
      for (const name of Object.keys(fs.promises)) attempt(() => fs.promises[name]?.(value, value, value)?.catch?.(() => {}));
    }
    attempt(() => fs.writeSync(fd, "x", 2 ** 52));
    attempt(() => fs.ftruncateSync(fd, 2 ** 52));
    attempt(() => fs.readSync(fd, shrinking, 0, 1, 2 ** 52));
    await scheduler.wait(1);
    return new Response(String(calls));
  },
};
