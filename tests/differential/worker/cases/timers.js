import { outcome, outcomes } from "../outcome.js";

export default {
  "order of tasks": async () => {
    const log = [];
    setTimeout(() => log.push("timeout 2"), 2);
    setTimeout(() => log.push("timeout 0"), 0);
    queueMicrotask(() => log.push("microtask"));
    Promise.resolve().then(() => log.push("promise"));
    log.push("now");
    await scheduler.wait(10);
    return log;
  },
  "equal delays keep their order": async () => {
    const log = [];
    for (let i = 0; i < 5; i++) setTimeout(() => log.push(i), 1);
    await scheduler.wait(10);
    return log;
  },
  "arguments": () => new Promise((resolve) => setTimeout((...all) => resolve(all), 0, "a", 2)),
  "clearTimeout": async () => {
    let ran = false;
    clearTimeout(setTimeout(() => { ran = true; }, 1));
    await scheduler.wait(5);
    return ran;
  },
  "setInterval": () => new Promise((resolve) => {
    let count = 0;
    const id = setInterval(() => {
      if (++count < 3) return;
      clearInterval(id);
      resolve(count);
    }, 1);
  }),
  "clearInterval clears a timeout": async () => {
    let ran = false;
    clearInterval(setTimeout(() => { ran = true; }, 1));
    await scheduler.wait(5);
    return ran;
  },
  "ids are numbers": () => {
    const id = setTimeout(() => {}, 0);
    clearTimeout(id);
    return [typeof id, id > 0];
  },
  "clearing what is not there": () => outcomes(() => clearTimeout(), () => clearTimeout(null), () => clearTimeout(99999), () => clearTimeout("x")),
  "callback that is no function": () => outcomes(() => setTimeout("code", 0), () => setTimeout(), () => setTimeout({}, 0)),
  "negative and odd delays": async () => {
    const log = [];
    setTimeout(() => log.push("negative"), -5);
    setTimeout(() => log.push("text"), "1");
    setTimeout(() => log.push("not a number"), Number.NaN);
    await scheduler.wait(10);
    return log.sort();
  },
  "microtasks between timers": async () => {
    const log = [];
    setTimeout(() => { log.push("a"); queueMicrotask(() => log.push("a's")); }, 1);
    setTimeout(() => log.push("b"), 1);
    await scheduler.wait(10);
    return log;
  },
  "this in a timer": () => new Promise((resolve) => setTimeout(function () { resolve(this === globalThis || this === undefined); }, 0)),
  "scheduler.wait gives undefined": () => scheduler.wait(0),
  "queueMicrotask's argument": () => outcomes(() => queueMicrotask(), () => queueMicrotask(1)),
  "clocks are whole milliseconds": () => [Number.isInteger(Date.now()), typeof performance.now()],
  "setImmediate": () => typeof setImmediate,
};
