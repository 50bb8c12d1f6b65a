// The class of bindings that answer requests.
import { defineInterface, illegalConstructor } from "../../webidl.js";

const MADE_HERE = { __proto__: null };

/** What bindings that answer requests are. */
export class Fetcher {
  constructor(token, fetch, connect) {
    if (token !== MADE_HERE) illegalConstructor();
    Object.defineProperty(this, "fetch", { value: fetch, writable: true, enumerable: true, configurable: true });
    Object.defineProperty(this, "connect", { value: connect, writable: true, enumerable: true, configurable: true });
  }
}
defineInterface(Fetcher, "Fetcher");

/** One whose methods are these functions. */
export const newFetcher = (fetch, connect) => new Fetcher(MADE_HERE, fetch, connect);
