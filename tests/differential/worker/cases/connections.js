// connect() through a binding: `Called` of called.js answers.
import { outcome, outcomes } from "../outcome.js";

const text = async (readable) => {
  let all = "";
  const decoder = new TextDecoder();
  for await (const chunk of readable) all += decoder.decode(chunk, { stream: true });
  return all;
};
const bytes = (words) => new TextEncoder().encode(words);

export default {
  "a conversation": async ({ env }) => {
    const socket = env.CALLED.connect("some.test:80");
    const writer = socket.writable.getWriter();
    // Nothing is kept on the way: who writes waits for whoever reads.
    const written = Promise.all([writer.write(bytes("one")), writer.write(bytes("two")), writer.close()]);
    const said = await text(socket.readable);
    await written;
    return [said, await socket.closed];
  },
  "what a socket says": async ({ env }) => {
    const socket = env.CALLED.connect({ hostname: "some.test", port: 81 });
    const shape = [socket.constructor.name, socket.secureTransport, socket.upgraded, (await socket.opened).remoteAddress];
    await socket.close();
    return [shape, await socket.closed];
  },
  "what the handler sees": async ({ env }) => {
    const socket = env.CALLED.connect("shape.test:1");
    const reader = socket.readable.getReader();
    const said = new TextDecoder().decode((await reader.read()).value);
    await socket.close();
    return said;
  },
  "the handler speaks first": async ({ env }) => {
    const socket = env.CALLED.connect("first.test:1");
    const reader = socket.readable.getReader();
    const said = new TextDecoder().decode((await reader.read()).value);
    reader.releaseLock();
    await socket.writable.close();
    return [said, await text(socket.readable)];
  },
  "a handler that throws": async ({ env }) => {
    const socket = env.CALLED.connect("throws.test:1");
    return [await outcome(text(socket.readable)), await outcome(socket.closed)];
  },
  "a handler that throws later": async ({ env }) => {
    const socket = env.CALLED.connect("late.test:1");
    return [await outcome(text(socket.readable)), await outcome(socket.closed)];
  },
  "a handler that returns": async ({ env }) => {
    const socket = env.CALLED.connect("returns.test:1");
    return [await outcome(text(socket.readable)), await outcome(socket.closed)];
  },
  "a worker without a handler": async ({ env }) => {
    const socket = env.SELF.connect("some.test:1");
    return outcomes(socket.opened, socket.closed, text(socket.readable));
  },
  "addresses that are none": ({ env }) =>
    outcomes(() => env.CALLED.connect(), () => env.CALLED.connect("a"), () => env.CALLED.connect("a:x"), () => env.CALLED.connect("a:70000"), () => env.CALLED.connect({}), () => env.CALLED.connect("a:1", 5), () => env.CALLED.connect("a:1", { secureTransport: "x" })),
  "TLS": async ({ env }) => outcomes(() => env.CALLED.connect("returns.test:1", { secureTransport: "on" }).opened, () => env.CALLED.connect("returns.test:1", { secureTransport: "starttls" }).startTls().opened, () => env.CALLED.connect("returns.test:1").startTls()),
  "an export of one's own": async ({ ctx }) => {
    const socket = ctx.exports.Called.connect("some.test:80");
    await socket.writable.close();
    return text(socket.readable);
  },
};
