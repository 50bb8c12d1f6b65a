// What a taken cell can do with the calls that it needs: use up what it has, and write to its two sockets.

const bytes = (...parts) => Uint8Array.from(parts.flat());
const be32 = (number) => [number >>> 24 & 255, number >>> 16 & 255, number >>> 8 & 255, number & 255];
const text = (string) => [...new TextEncoder().encode(string)];

/** Writes all of it to a descriptor, as often as it is told. */
function write(descriptor, data, times = 1) {
  for (let round = 0; round < times; round++) {
    for (let at = 0; at < data.length; ) {
      const written = escapeSyscall(1, descriptor, data.subarray(at), data.length - at);
      if (written < 0 && written !== -11) return written;
      at += Math.max(written, 0);
    }
  }
  return 0;
}

/** A message of the control socket. */
function control(message, blob = []) {
  const json = text(typeof message === "string" ? message : JSON.stringify(message));
  return bytes(be32(json.length), be32(blob.length), json, blob);
}

const be16 = (number) => [number >>> 8 & 255, number & 255];
const string = (value) => [be32(value.length), text(value)].flat();

/** A frame of the link: length, kind, flags, the exchange's number. */
function frame(kind, flags, exchange, payload = []) {
  return bytes(be32(payload.length), kind, flags, 0, 0, be32(0), be32(exchange), payload);
}

/** A worker's request to fetch something, the cell's `index`th; the flag says that its body has ended. */
function request(worker, index, url = "http://192.0.2.1/", target = "", kind = 0) {
  return frame(1, 1, 2 * index + 1, [be32(worker), kind, string("GET"), string(url), string(target), be16(0)].flat());
}

export const floods = {
  "memory": {
    run() {
      // A GiB at a time, each page written to by the kernel (process_vm_writev to this process): in one call, so that the limit
      // on CPU time, which is looked at between calls, does not come first where memory is slow.
      const map = (length) => escapeSyscall(9, 0, length, 3, 0x22, -1, 0);
      const piece = BigInt(map(1 << 20));
      const source = BigUint64Array.from({ length: 2048 }, (_, n) => (n % 2 ? 1n << 20n : piece));
      for (let round = 0; round < 64; round++) {
        const target = map(1 << 30);
        if (target < 0) return target;
        escapeSyscall(311, escapeSyscall(39), source, 1024, BigUint64Array.of(BigInt(target), 1n << 30n), 1, 0);
      }
      return "all of it";
    },
  },
  "where memory lies": { run: () => escapeSyscall(9, 0, 1 << 20, 3, 0x22, -1, 0) },
  "a loop in machine code": { run() { for (;;) escapeSyscall(24); } },
  // No system call: the hook's own loop, which looks at nothing.
  "machine code that does not stop": { run: () => escapeSyscall(-2) },
  "machine code that shows no turn": { run: () => escapeSyscall(-3) },
  "sleep for ever": { run() { for (;;) escapeSyscall(230, 1, 0, Float64Array.of(5e-310, 0), 0); } },
  "stop": { run: () => escapeSyscall(231, 7) },
  // munmap of everything.
  "a crash": { run: () => escapeSyscall(11, 0x10000, 0x7fffffff0000 - 0x10000) },
  "garbage on the link": { run: () => write(3, new Uint8Array(4096).fill(0xa5)) },
  "a frame without an end": { run: () => write(3, bytes(be32(0x7fffffff), 1, 0, 0, 0, 0, 0)) },
  "a flood on the link": { run: () => write(3, new Uint8Array(1 << 20), 64) },
  "half a frame": { run: () => write(3, request(1, 0).subarray(0, 20)) },
  "a frame byte by byte": { run: () => { for (const byte of request(1, 0)) write(3, Uint8Array.of(byte)); } },
  "an answer to no request": { run: () => write(3, frame(2, 1, 2 ** 30, [be16(200), be16(0)].flat())) },
  "a request of another worker": { run: () => write(3, request(4_000_000, 0)) },
  "the same request twice": { run: () => write(3, request(1, 0), 2) },
  "a request with a number of its own": { run: () => write(3, request(1, 7)) },
  "headers without an end": { run: () => write(3, frame(1, 1, 1, [be32(1), 0, string("GET"), string("http://192.0.2.1/"), be16(65535)].flat())) },
  "requests to bindings that it was not given": { run: () => ["VAULT", "b".repeat(60_000), "\0", "../vault"].map((name, n) => write(3, request(1, n, "http://kv/values/secret", name, 2 * (n % 2)))) },
  "a story of another worker": { run: () => write(4, control({ Story: { worker: 4_000_000, story: { kind: "fetch", method: "GET", url: "http://victim/", headers: [], entrypoint: null, due_ms: null, began_ms: 0, outcome: "ok", status: 200, cpu_us: 0, wall_us: 0, lines: [], errors: [], truncated: false } } })) },
  "a thousand requests": { run: () => { for (let n = 0; n < 1000; n++) write(3, request(1, n)); } },
  "garbage on the control socket": { run: () => write(4, new Uint8Array(64).fill(0xff)) },
  "no JSON on the control socket": { run: () => write(4, control("{{{{")) },
  "an unknown message": { run: () => write(4, control({ Become: { root: true } })) },
  "a second Ready": { run: () => write(4, control({ Ready: { sandbox: [], listener: 3 } })) },
  "a message of 4 GiB": { run: () => write(4, bytes(be32(0xffffffff), be32(0))) },
  "a blob": { run: () => write(4, control({ Pong: { number: 1, used: [] } }, [1, 2, 3])) },
  "an answer that nobody asked for": { run: () => write(4, control({ Deployed: { worker: 77, result: { Ok: ["fetch"] } } })) },
  "the use of others": {
    run: () => write(4, control({ Pong: { number: 0, used: [{ worker: 4000000000, outcomes: [["ok", 1e15]], cpu_us: 1e15, under_way: 1e15 }] } })),
  },
  "a flood of lines": { run: () => write(4, control({ Console: { worker: 0, level: "log", text: "x".repeat(1000) } }), 200000) },
  "half a message": { run: () => write(4, bytes(be32(100), be32(0), text("{\"Pong\""))) },
};
