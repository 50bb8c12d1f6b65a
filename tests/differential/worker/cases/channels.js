import { outcome, outcomes } from "../outcome.js";

const next = (port) => new Promise((resolve) => { port.onmessage = resolve; });

export default {
  "a message": async () => {
    const { port1, port2 } = new MessageChannel();
    const message = next(port2);
    port1.postMessage({ a: [1, new Date(5)] });
    return (await message).data;
  },
  "both ways": async () => {
    const { port1, port2 } = new MessageChannel();
    port2.onmessage = ({ data }) => port2.postMessage(data * 2);
    const answer = next(port1);
    port1.postMessage(21);
    return (await answer).data;
  },
  "messages wait for start": async () => {
    const { port1, port2 } = new MessageChannel();
    port1.postMessage("early");
    const seen = new Promise((resolve) => port2.addEventListener("message", resolve));
    port2.start();
    return (await seen).data;
  },
  "order": async () => {
    const { port1, port2 } = new MessageChannel();
    const seen = [];
    const done = new Promise((resolve) => { port2.onmessage = ({ data }) => seen.push(data) === 3 && resolve(); });
    for (const n of [1, 2, 3]) port1.postMessage(n);
    await done;
    return seen;
  },
  "event": async () => {
    const { port1, port2 } = new MessageChannel();
    const message = next(port2);
    port1.postMessage(1);
    const event = await message;
    return [event.constructor.name, event.target === port2, event.type];
  },
  "what cannot be cloned": () => outcomes(() => new MessageChannel().port1.postMessage(() => {}), () => new MessageChannel().port1.postMessage(Symbol("s"))).then((all) => all.map(({ threw }) => [threw?.class, threw?.name])),
  "after close": async () => {
    const { port1, port2 } = new MessageChannel();
    port1.close();
    return outcome(() => port1.postMessage(1));
  },
  "no argument": () => outcome(() => new MessageChannel().port1.postMessage()).then(({ threw }) => threw?.class),
  "port by hand": () => outcome(() => new MessagePort()).then(({ threw }) => threw?.class),
  "class strings": () => [Object.prototype.toString.call(new MessageChannel()), Object.prototype.toString.call(new MessageChannel().port1)],
  "event source's URL": () => outcomes(() => new EventSource("bad"), () => new EventSource()).then((all) => all.map(({ threw }) => [threw?.class, threw?.name])),
  "event source": async ({ env }) => {
    const source = new EventSource(`${env.UPSTREAM}/events`);
    const seen = await new Promise((resolve) => {
      const all = [];
      source.onmessage = ({ data, lastEventId, type }) => all.push([type, data, lastEventId]);
      source.addEventListener("own", ({ data, lastEventId, type }) => { all.push([type, data, lastEventId]); resolve(all); });
    });
    const { readyState, withCredentials } = source;
    source.close();
    return [seen, readyState, withCredentials, source.readyState];
  },
  "event source that gets something else": async ({ env }) => {
    const source = new EventSource(`${env.UPSTREAM}/text`);
    const event = await new Promise((resolve) => { source.onerror = resolve; });
    return [event.type, source.readyState];
  },
};
