// What a WebSocket is connected to: a connection of the natives, or the other half of a WebSocketPair. What travels is a
// string, a Uint8Array, or, as the last thing, a Closing.
import { native } from "../native.js";

const then = Function.prototype.call.bind(Promise.prototype.then);
const settled = Promise.resolve();
const isArray = Array.isArray;
const Bytes = Uint8Array;

const NO_STATUS = 1005;
const ABNORMAL = 1006;

export let isClosing;

/** The end of a connection. */
export class Closing {
  #brand;
  code;
  reason;
  wasClean;
  error;

  constructor(code, reason, wasClean, error = undefined) {
    this.code = code;
    this.reason = reason;
    this.wasClean = wasClean;
    this.error = error;
  }

  static {
    isClosing = (item) => typeof item === "object" && #brand in item;
  }
}

/** The end of a connection that failed. */
export const lost = (error) => new Closing(ABNORMAL, "", false, error);

export class NativeLink {
  #id;
  // What was agreed on with a server of the network; undefined if the other end is none.
  extensions;

  constructor(id, extensions = undefined) {
    this.#id = id;
    this.extensions = extensions;
  }

  /** Gives everything that arrives to `deliver`, the Closing last. */
  start(deliver) {
    receiveAll(this.#id, deliver);
  }

  send(data) {
    native.wsSend(this.#id, data);
  }

  close(code, reason) {
    native.wsClose(this.#id, code, reason);
  }

  answerClose(code, reason) {
    this.close(sayable(code), reason);
  }

  buffered() {
    return native.wsBuffered(this.#id);
  }

  /** Joins another connection to this one: what arrives there is sent here, and the other way round. */
  join(other, deliver) {
    other.start((item) => forward(this, item));
    this.start(deliver);
  }
}

/** Sends what came from elsewhere. */
export function forward(link, item) {
  if (!isClosing(item)) link.send(item);
  else link.close(sayable(item.code), item.reason);
}

// Codes that only say what did not come are not for sending.
const sayable = (code) => (code === NO_STATUS || code === ABNORMAL ? 0 : code);

/** Gives up a connection of the natives that nobody wants any more. */
export function abandon(id) {
  native.wsClose(id, 0, "");
  receiveAll(id, ignore);
}

function ignore() {}

async function receiveAll(id, deliver) {
  for (;;) {
    let item;
    try {
      item = await native.wsReceive(id);
    } catch (error) {
      item = lost(error);
    }
    if (isArray(item)) item = new Closing(item[0], item[1], item[2]);
    deliver(item);
    if (!isClosing(item)) continue;
    // The connection is there until this side has closed, too.
    if (item.wasClean) await gone(id);
    return;
  }
}

async function gone(id) {
  try {
    await native.wsReceive(id);
  } catch {
    // Then it is gone already.
  }
}

export class PairLink {
  #deliver;
  extensions = undefined;
  // Items on their way to the other half: each takes a microtask, so that no listener runs inside of a send().
  #underWay = 0;
  // The other half only passes on to a connection: then nothing has to wait, unless something is on its way before it.
  isDirect = false;

  /** `deliver` takes what this side sends to the other half. */
  constructor(deliver) {
    this.#deliver = deliver;
  }

  // The other half delivers by itself.
  start() {}

  send(data) {
    // A copy, because the sender keeps its memory.
    this.#post(typeof data === "string" ? data : new Bytes(data));
  }

  close(code, reason) {
    this.#post(new Closing(code === 0 ? NO_STATUS : code, reason, true));
  }

  answerClose(code, reason) {
    this.#post(new Closing(code, reason, true));
  }

  buffered() {
    return 0;
  }

  join(other) {
    other.start(this.#deliver);
  }

  #post(item) {
    if (this.isDirect && this.#underWay === 0) {
      this.#deliver(item);
      return;
    }
    this.#underWay++;
    then(settled, () => {
      this.#underWay--;
      this.#deliver(item);
    });
  }
}
