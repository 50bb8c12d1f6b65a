// The file system that a worker sees: its bundle's modules to read, devices, and in `/tmp` what it writes while it handles an
// event. Each event has a `/tmp` and open files of its own, which end with it; so does what runs before all events.
import { native } from "../../../native.js";
import { BundleFile, Device, Directory } from "./nodes.js";
import { refuse } from "./errors.js";

const RANDOM_BYTES_MAX = 65536;
// What one event may have open at once.
const OPEN_MAX = 4096;

const stores = new Map();

class Store {
  tmp = new Directory(0o777);
  open = new Map();

  /** The least number that stands for no open file. */
  add(description) {
    if (this.open.size >= OPEN_MAX) throw refuse("EMFILE");
    let number = 0;
    while (this.open.has(number)) number++;
    this.open.set(number, description);
    return number;
  }
}

/** What belongs to the event whose code runs. */
export function currentStore() {
  const eventId = native.currentEvent();
  let store = stores.get(eventId);
  if (store === undefined) {
    store = new Store();
    stores.set(eventId, store);
    if (eventId !== 0) native.keepForEvent(eventId);
  }
  return store;
}

/** An event is over. */
export function forgetStore(eventId) {
  stores.delete(eventId);
}

class Root extends Directory {
  get(name) {
    if (name === "tmp") return currentStore().tmp;
    return super.get(name) ?? (name === "bundle" ? this.furnish(name, bundle()) : undefined);
  }

  names() {
    return ["bundle", "dev", "tmp"];
  }
}

function readOnly(mode = 0o555) {
  const directory = new Directory(mode);
  directory.isWritable = false;
  return directory;
}

function bundle() {
  const top = readOnly();
  const files = native.bundleFiles();
  for (let i = 0; i < files.length; i += 2) {
    const names = files[i].split("/");
    let directory = top;
    for (let k = 0; k + 1 < names.length; k++) {
      const next = directory.get(names[k]);
      directory = next instanceof Directory ? next : directory.furnish(names[k], readOnly());
    }
    directory.furnish(names.at(-1), new BundleFile(files[i], files[i + 1]));
  }
  return top;
}

function devices() {
  const dev = readOnly();
  const none = () => new Uint8Array(0);
  const zeros = (length) => new Uint8Array(length);
  const random = (length) => {
    const bytes = new Uint8Array(Math.min(length, RANDOM_BYTES_MAX));
    native.randomBytes(bytes);
    return bytes;
  };
  const swallow = () => {};
  const full = () => {
    throw refuse("ENOSPC");
  };
  dev.furnish("full", new Device(zeros, full));
  dev.furnish("null", new Device(none, swallow));
  dev.furnish("random", new Device(random, swallow));
  dev.furnish("zero", new Device(zeros, swallow));
  return dev;
}

/** `/`. */
export const root = new Root(0o555);
root.isWritable = false;
root.furnish("dev", devices());
