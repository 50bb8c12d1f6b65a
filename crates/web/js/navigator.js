// The parts of Navigator (https://html.spec.whatwg.org/multipage/system-state.html#the-navigator-object) that
// make sense where there is no user.
import { defineInterface, illegalConstructor } from "./webidl.js";
import { load } from "./lazy.js";

const MADE_HERE = {};

export class Navigator {
  // Only a brand: a wrong receiver must not pass.
  #languages = Object.freeze(["en"]);

  constructor(token = undefined) {
    if (token !== MADE_HERE) illegalConstructor();
  }

  // Libraries look for just this text to learn which platform's interfaces are there (pg: `connect()` instead of `node:net`).
  get userAgent() {
    this.#languages;
    return "Cloudflare-Workers";
  }

  // One thread runs an isolate, and how many the machine has is none of a tenant's business.
  get hardwareConcurrency() {
    this.#languages;
    return 1;
  }

  get platform() {
    this.#languages;
    return "Linux";
  }

  sendBeacon(...args) {
    this.#languages;
    return load("lazy/beacon.js").sendBeacon(args);
  }

  get language() {
    this.#languages;
    return "en";
  }

  get languages() {
    return this.#languages;
  }
}
defineInterface(Navigator, "Navigator");
Object.defineProperty(Navigator.prototype.sendBeacon, "length", { value: 1, configurable: true });

export const navigator = new Navigator(MADE_HERE);
