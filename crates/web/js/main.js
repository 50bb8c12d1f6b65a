import { native } from "./native.js";
import { freezeClocks } from "./clock.js";
freezeClocks();
let worker, env;
export function setWorker(namespace, e, options) { worker = namespace.default; env = e; return Object.keys(worker ?? {}); }
export function dispatchFetch(id, method, url, body) {
  try {
  const r = worker.fetch({ url, method }, env);
  if (r && typeof r.then === "function") r.then((r) => native.respond(id, 200, "", null, r, true), (e) => native.fail(id, e));
  else native.respond(id, 200, "", null, r, true);
  } catch (e) { native.fail(id, e); }
}
export function dispatchScheduled() {}
export function unhandledRejection() { return false; }
export function abortRequest() {}
export function endEvent() {}
export function builtinModules() { return {}; }
