// `node:diagnostics_channel`.
import { invalidType } from "./internal/errors.js";
import { requireFunction } from "./internal/validate.js";

const channels = new Map();

export class Channel {
  #subscribers = [];
  #stores = new Map();

  constructor(name) {
    this.name = name;
  }

  get hasSubscribers() {
    return this.#subscribers.length > 0 || this.#stores.size > 0;
  }

  subscribe(subscriber) {
    requireFunction(subscriber, "subscription");
    this.#subscribers = [...this.#subscribers, subscriber];
  }

  unsubscribe(subscriber) {
    const at = this.#subscribers.indexOf(subscriber);
    if (at === -1) return false;
    this.#subscribers = [...this.#subscribers.slice(0, at), ...this.#subscribers.slice(at + 1)];
    return true;
  }

  bindStore(store, transform = undefined) {
    this.#stores.set(store, transform);
  }

  unbindStore(store) {
    return this.#stores.delete(store);
  }

  publish(message) {
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(message, this.name);
      } catch (error) {
        reportLater(error);
      }
    }
  }

  runStores(context, callback, receiver = undefined, ...args) {
    let run = () => {
      this.publish(context);
      return Reflect.apply(callback, receiver, args);
    };
    for (const [store, transform] of this.#stores) {
      const inner = run;
      run = () => {
        let value = context;
        try {
          if (transform !== undefined) value = transform(context);
        } catch (error) {
          reportLater(error);
          return inner();
        }
        return store.run(value, inner);
      };
    }
    return run();
  }
}

// A subscriber must not stop what it watches.
const reportLater = (error) => queueMicrotask(() => {
  throw error;
});

export function channel(name) {
  if (typeof name !== "string" && typeof name !== "symbol") throw invalidType("channel", "one of type string or symbol", name);
  let found = channels.get(name);
  if (found === undefined) channels.set(name, (found = new Channel(name)));
  return found;
}

export const hasSubscribers = (name) => channels.get(name)?.hasSubscribers ?? false;
export const subscribe = (name, subscriber) => channel(name).subscribe(subscriber);
export const unsubscribe = (name, subscriber) => channel(name).unsubscribe(subscriber);

const EVENTS = ["start", "end", "asyncStart", "asyncEnd", "error"];

export class TracingChannel {
  constructor(nameOrChannels) {
    for (const event of EVENTS) {
      this[event] = typeof nameOrChannels === "string" ? channel(`tracing:${nameOrChannels}:${event}`) : nameOrChannels[event];
    }
  }

  get hasSubscribers() {
    return EVENTS.some((event) => this[event]?.hasSubscribers);
  }

  subscribe(handlers) {
    for (const event of EVENTS) {
      if (handlers[event] !== undefined) this[event].subscribe(handlers[event]);
    }
  }

  unsubscribe(handlers) {
    return EVENTS.filter((event) => handlers[event] !== undefined).every((event) => this[event].unsubscribe(handlers[event]));
  }

  traceSync(callback, context = {}, receiver = undefined, ...args) {
    if (!this.hasSubscribers) return Reflect.apply(callback, receiver, args);
    return this.start.runStores(context, () => {
      try {
        return (context.result = Reflect.apply(callback, receiver, args));
      } catch (error) {
        context.error = error;
        this.error.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }

  tracePromise(callback, context = {}, receiver = undefined, ...args) {
    if (!this.hasSubscribers) return Reflect.apply(callback, receiver, args);
    const settled = (key) => (value) => {
      context[key] = value;
      if (key === "error") this.error.publish(context);
      this.asyncStart.publish(context);
      this.asyncEnd.publish(context);
      if (key === "error") throw value;
      return value;
    };
    return this.start.runStores(context, () => {
      try {
        return Promise.resolve(Reflect.apply(callback, receiver, args)).then(settled("result"), settled("error"));
      } catch (error) {
        context.error = error;
        this.error.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }

  traceCallback(callback, position = -1, context = {}, receiver = undefined, ...args) {
    if (!this.hasSubscribers) return Reflect.apply(callback, receiver, args);
    const original = args.at(position);
    requireFunction(original, "callback");
    const trace = this;
    args.splice(position, 1, function (failure, result) {
      if (failure) {
        context.error = failure;
        trace.error.publish(context);
      } else {
        context.result = result;
      }
      return trace.asyncStart.runStores(context, () => {
        try {
          return Reflect.apply(original, this, arguments);
        } finally {
          trace.asyncEnd.publish(context);
        }
      });
    });
    return this.start.runStores(context, () => {
      try {
        return Reflect.apply(callback, receiver, args);
      } catch (error) {
        context.error = error;
        this.error.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }
}

export const tracingChannel = (nameOrChannels) => new TracingChannel(nameOrChannels);

export default { Channel, channel, hasSubscribers, subscribe, tracingChannel, unsubscribe };
