import { outcome, outcomes } from "../outcome.js";

const pair = () => {
  const sockets = new WebSocketPair();
  return [sockets[0], sockets[1]];
};

const next = (socket, type) => new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }));

export default {
  "pair's shape": () => {
    const sockets = new WebSocketPair();
    return [Object.keys(sockets), sockets[0] instanceof WebSocket, Object.values(sockets).length];
  },
  "messages both ways": async () => {
    const [a, b] = pair();
    a.accept();
    b.accept();
    const atB = next(b, "message");
    a.send("to b");
    const first = (await atB).data;
    const atA = next(a, "message");
    b.send(new Uint8Array([1, 2]));
    return [first, (await atA).data];
  },
  "order": async () => {
    const [a, b] = pair();
    a.accept();
    b.accept();
    const seen = [];
    const done = new Promise((resolve) => b.addEventListener("message", ({ data }) => seen.push(data) === 3 && resolve()));
    a.send("1");
    a.send("2");
    a.send("3");
    await done;
    return seen;
  },
  "close": async () => {
    const [a, b] = pair();
    a.accept();
    b.accept();
    const closed = next(b, "close");
    a.close(3001, "done");
    const { code, reason, wasClean } = await closed;
    return { code, reason, wasClean };
  },
  "send before accept": () => pair()[0].send("x"),
  "close before accept": () => outcome(() => pair()[0].close()),
  "accept twice": () => {
    const [a] = pair();
    a.accept();
    return outcome(() => a.accept());
  },
  "send after close": () => {
    const [a] = pair();
    a.accept();
    a.close();
    return outcome(() => a.send("x"));
  },
  "close codes": () => outcomes(...[1000, 1001, 1005, 1006, 999, 2999, 3000, 4999, 5000, "x"].map((code) => () => {
    const [a] = pair();
    a.accept();
    a.close(code);
  })),
  "long reason": () => {
    const [a] = pair();
    a.accept();
    return outcome(() => a.close(1000, "x".repeat(124)));
  },
  "reason without a code": () => {
    const [a] = pair();
    a.accept();
    return outcome(() => a.close(undefined, "why"));
  },
  "binary types": async () => {
    const [a, b] = pair();
    a.accept();
    b.accept();
    const seen = [a.binaryType];
    for (const type of ["blob", "arraybuffer"]) {
      b.binaryType = type;
      const atB = next(b, "message");
      a.send(new Uint8Array([1, 2, 3]).subarray(1));
      seen.push(b.binaryType, (await atB).data);
    }
    a.send("");
    const empty = next(b, "message");
    return [...seen, (await empty).data];
  },
  "binary types that are none": () => {
    const [a] = pair();
    return outcomes(() => { a.binaryType = "text"; return a.binaryType; }, () => { a.binaryType = null; return a.binaryType; });
  },
  "readyState": () => {
    const [a] = pair();
    const states = [a.readyState];
    a.accept();
    states.push(a.readyState);
    a.close();
    states.push(a.readyState);
    return states;
  },
  // What is added of its own accord is left out: that every message is compressed by itself.
  "offers of compression": async ({ env }) => {
    const offered = async (wanted) => {
      const headers = { upgrade: "websocket", ...wanted };
      const heard = (await (await fetch(`${env.UPSTREAM}/echo`, { headers })).json()).headers;
      const values = heard.filter(([name]) => name === "sec-websocket-extensions").map(([, value]) => value);
      return values.map((value) => value.replaceAll(/; (client|server)_no_context_takeover/g, ""));
    };
    const wanted = [
      "permessage-deflate", "permessage-deflate; client_max_window_bits", " permessage-deflate ;server_max_window_bits = 10 ",
      "permessage-deflate; client_max_window_bits=8; server_max_window_bits=15", "", "x-other", "x-other, permessage-deflate",
      "permessage-deflate; server_max_window_bits=9, permessage-deflate", "permessage-deflate; unknown", "permessage-deflate;",
      "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=16", "permessage-deflate; client_max_window_bits=7",
      "permessage-deflate; server_no_context_takeover=1", "permessage-deflate; client_max_window_bits; client_max_window_bits=9", "Permessage-Deflate",
    ];
    const all = [await offered({})];
    for (const one of wanted) all.push(await offered({ "sec-websocket-extensions": one }));
    return all;
  },
  "constants": () => [WebSocket.CONNECTING, WebSocket.OPEN, WebSocket.CLOSING, WebSocket.CLOSED, WebSocket.READY_STATE_OPEN],
  "fields": () => {
    const { url, protocol, extensions } = pair()[0];
    return { url, protocol, extensions };
  },
  "sending other things": () => {
    const [a] = pair();
    a.accept();
    return outcomes(() => a.send(1), () => a.send(null), () => a.send({}), () => a.send());
  },
  "half-open": async () => {
    const [a, b] = pair();
    a.accept();
    b.accept({ allowHalfOpen: true });
    const heard = next(b, "close");
    a.close(3001, "first");
    const { code } = await heard;
    const states = [a.readyState, b.readyState];
    const late = next(a, "message");
    b.send("still");
    const { data } = await late;
    const ended = next(a, "close");
    b.close(3002, "second");
    const end = await ended;
    return [code, states, data, end.code, end.reason, a.readyState, b.readyState];
  },
  "closing is answered": async () => {
    const [a, b] = pair();
    a.accept();
    b.accept({ allowHalfOpen: false });
    const ended = next(a, "close");
    a.close(3001, "first");
    const { code, reason, wasClean } = await ended;
    return [code, reason, wasClean, a.readyState, b.readyState];
  },
  "accept's options": () => outcomes(() => pair()[0].accept(null), () => pair()[0].accept({}), () => pair()[0].accept(1), () => pair()[0].accept({ allowHalfOpen: "x" })),
  "attachments are copies": () => {
    const [a] = pair();
    const value = { list: [1], when: new Date(5) };
    const before = a.deserializeAttachment();
    a.serializeAttachment(value);
    value.list.push(2);
    return [before, a.deserializeAttachment(), a.deserializeAttachment() === a.deserializeAttachment()];
  },
  "attachments that are none": () => outcomes(() => pair()[0].serializeAttachment(), () => pair()[0].serializeAttachment(() => {}), () => pair()[0].serializeAttachment("x".repeat(20_000)), () => pair()[0].serializeAttachment(Symbol("s"))),
  "request and response": () => {
    const both = new WebSocketRequestResponsePair("ping", "pong");
    return [both.request, both.response, Object.prototype.toString.call(both)];
  },
  "long messages": async () => {
    const [a, b] = pair();
    a.accept();
    b.accept();
    const seen = next(b, "message");
    a.send("x".repeat(2 ** 20));
    return (await seen).data.length;
  },
  "attachments": () => {
    const [a] = pair();
    a.serializeAttachment({ a: [1] });
    return a.deserializeAttachment();
  },
  "response with a socket": () => {
    const [client] = pair();
    const response = new Response(null, { status: 101, webSocket: client });
    return [response.status, response.webSocket === client];
  },
  "response of another status with a socket": () => new Response(null, { status: 200, webSocket: pair()[0] }),
  "response with an accepted socket": () => {
    const [client] = pair();
    client.accept();
    return outcome(() => new Response(null, { status: 101, webSocket: client }).status);
  },
  "constructor's URLs": () => outcomes(() => new WebSocket("bad"), () => new WebSocket("ftp://a.test"), () => new WebSocket("ws://a.test/#hash"), () => new WebSocket()),
  "constructor's protocols": () => outcomes(() => new WebSocket("ws://127.0.0.1:1", ["a", "a"]), () => new WebSocket("ws://127.0.0.1:1", "a b")),
  "on-handlers": async () => {
    const [a, b] = pair();
    a.accept();
    b.accept();
    const seen = new Promise((resolve) => { b.onmessage = ({ data }) => resolve(data); });
    a.send("x");
    return outcome(Promise.race([seen, scheduler.wait(100).then(() => "not called")]));
  },
  "messages wait for accept": async () => {
    const [a, b] = pair();
    a.accept();
    a.send("early");
    const seen = next(b, "message");
    b.accept();
    return (await seen).data;
  },
  "WebSocketPair without new": () => WebSocketPair(),
};
