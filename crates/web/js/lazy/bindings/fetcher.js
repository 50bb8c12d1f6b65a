// The class of bindings that answer requests.
import { defineInterface, illegalConstructor } from "../../webidl.js";

const MADE_HERE = { __proto__: null };

/** What bindings that answer requests are. */
export class Fetcher {
  constructor(token, fetch) {
    if (token !== MADE_HERE) illegalConstructor();
    Object.defineProperty(this, "fetch", { value: fetch, writable: true, enumerable: true, configurable: true });
  }
}
defineInterface(Fetcher, "Fetcher");

/** One whose `fetch` is this function. */
export const newFetcher = (fetch) => new Fetcher(MADE_HERE, fetch);
