import { outcome, outcomes } from "../outcome.js";

export default {
  "abort with a reason": () => {
    const controller = new AbortController();
    const log = [];
    controller.signal.addEventListener("abort", (event) => log.push(event.type, event.target === controller.signal));
    controller.signal.onabort = () => log.push("onabort");
    controller.abort("why");
    controller.abort("again");
    return [log, controller.signal.aborted, controller.signal.reason];
  },
  "abort without a reason": () => {
    const controller = new AbortController();
    controller.abort();
    return controller.signal.reason;
  },
  "AbortSignal.abort": () => [AbortSignal.abort("x").reason, AbortSignal.abort().reason],
  "throwIfAborted": () => outcomes(() => AbortSignal.abort(new RangeError("mine")).throwIfAborted(), () => new AbortController().signal.throwIfAborted()),
  "timeout": async () => {
    const signal = AbortSignal.timeout(1);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return signal.reason;
  },
  "timeout's arguments": () => outcomes(() => AbortSignal.timeout(-1), () => AbortSignal.timeout(), () => AbortSignal.timeout("x")),
  "any": () => {
    const [a, b] = [new AbortController(), new AbortController()];
    const any = AbortSignal.any([a.signal, b.signal]);
    const before = any.aborted;
    b.abort("b");
    a.abort("a");
    return [before, any.aborted, any.reason];
  },
  "any of an aborted one": () => AbortSignal.any([AbortSignal.abort("x")]).reason,
  "any of nothing": () => AbortSignal.any([]).aborted,
  "any of something else": () => outcomes(() => AbortSignal.any([1]), () => AbortSignal.any()),
  "made by hand": () => new AbortSignal(),
  "scheduler.wait": () => outcome(scheduler.wait(10000, { signal: AbortSignal.abort() })),
  "fetch": ({ env }) => outcome(fetch(`${env.UPSTREAM}/text`, { signal: AbortSignal.abort(new RangeError("mine")) })),
  "fetch, later": async ({ env }) => {
    const controller = new AbortController();
    const fetching = fetch(`${env.UPSTREAM}/never`, { signal: controller.signal });
    controller.abort();
    return outcome(fetching);
  },
  "body, later": async ({ env }) => {
    const controller = new AbortController();
    const response = await fetch(`${env.UPSTREAM}/endless`, { signal: controller.signal });
    controller.abort();
    return outcome(response.text());
  },
  "class strings": () => [Object.prototype.toString.call(new AbortController()), Object.prototype.toString.call(AbortSignal.abort())],
};
