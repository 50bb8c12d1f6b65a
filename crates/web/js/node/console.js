// `node:console`.
const { console } = globalThis;

/** A console that writes to streams. */
export class Console {
  constructor(stdout, stderr = undefined) {
    const options = typeof stdout?.write === "function" ? { stdout, stderr } : (stdout ?? {});
    const out = options.stdout;
    const err = options.stderr ?? out;
    for (const name of Object.keys(console)) this[name] = console[name];
    for (const name of ["log", "info", "debug", "dirxml"]) this[name] = (...args) => out.write(`${format(...args)}\n`);
    for (const name of ["error", "warn", "trace"]) this[name] = (...args) => err.write(`${format(...args)}\n`);
  }
}

import { format } from "./internal/inspect.js";

export const { assert, clear, count, countReset, debug, dir, dirxml, error, group, groupCollapsed, groupEnd, info, log, profile, profileEnd, table, time, timeEnd, timeLog, timeStamp, trace, warn } = console;
Object.defineProperty(console, "Console", { value: Console, writable: true, enumerable: true, configurable: true });
export default console;
