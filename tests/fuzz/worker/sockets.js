// What a WebSocket's peer may say: frames, and what only looks like some.
import { claim, later } from "./claims.js";

const REASON_BYTES_MAX = 123;
// A peer that breaks off or says nothing of why it closes; what it may say itself; what Mote says of what it does not understand.
const isCode = (code) => code === 1005 || code === 1006 || (code >= 1000 && code <= 1014 && code !== 1004) || (code >= 3000 && code <= 4999);

const MESSAGE_BYTES_MAX = 32 << 20;

const frames = (_text, bytes) => hear(bytes, {}, bytes.length);

// Each message may become as long as any may be.
const deflatedFrames = (_text, bytes) => hear(bytes, { "sec-websocket-extensions": "permessage-deflate" }, bytes.length * MESSAGE_BYTES_MAX);

async function hear(bytes, offers, bytesMax) {
  const says = { upgrade: "websocket", "x-says": bytes.toHex(), ...offers };
  const response = await later(() => fetch("http://peer.example/", { headers: says }));
  if (response === undefined) return;
  const socket = response.webSocket;
  claim(socket instanceof WebSocket, "it is no WebSocket");
  const { promise, resolve } = Promise.withResolvers();
  let received = 0;
  let isClosed = false;
  const wrong = [];
  const expect = (holds, what) => void (holds || wrong.push(what));
  socket.addEventListener("message", ({ data }) => {
    expect(!isClosed, "a message after the close");
    expect((data.byteLength ?? data.length) <= MESSAGE_BYTES_MAX, "a message that is too long");
    expect(typeof data === "string" ? data.isWellFormed() : data instanceof ArrayBuffer, "a message of a strange kind");
    received += typeof data === "string" ? new TextEncoder().encode(data).length : data.byteLength;
  });
  socket.addEventListener("close", ({ code, reason }) => {
    expect(!isClosed, "it closes twice");
    expect(isCode(code), `closed with ${code}`);
    expect(reason.isWellFormed() && new TextEncoder().encode(reason).length <= REASON_BYTES_MAX, "a reason that is none");
    isClosed = true;
    resolve();
  });
  socket.addEventListener("error", resolve);
  socket.accept();
  await promise;
  expect(received <= bytesMax, "more came than was sent");
  claim(wrong.length === 0, wrong.join("; "));
}

export const sockets = { frames, "deflated-frames": deflatedFrames };
