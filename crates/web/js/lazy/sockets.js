// The module `cloudflare:sockets`: TCP, with TLS or without, as Workers have it. A connection belongs to the event that opened
// it, and ends with it.
import { DOMString, bytesOf, defineInterface, dictionary, enumeration, illegalConstructor, isObject, requireArguments, unsignedLongLong } from "../webidl.js";
import { WritableStream, createReadableByteStream, errorStream } from "./streams/index.js";
import { native } from "../native.js";
import { registerPlatformInterface } from "../registered.js";

const uncurry = (method) => Function.prototype.call.bind(method);
const lastIndexOf = uncurry(String.prototype.lastIndexOf);
const slice = uncurry(String.prototype.slice);
const then = uncurry(Promise.prototype.then);
const charCodeAt = uncurry(String.prototype.charCodeAt);
const { withResolvers } = Promise;
const NativePromise = Promise;
const { apply } = Reflect;

const MADE_HERE = { __proto__: null };
const PORT_MAX = 65_535;
// No name is longer, also as it is written before it becomes Punycode.
const ADDRESS_CHARS_MAX = 1_024;
const SECURE = ["off", "on", "starttls"];

// How a socket moves bytes: over a connection of the natives, which is a number.
const TCP = {
  __proto__: null,
  read: native.socketRead,
  write: native.socketWrite,
  shutdown: native.socketShutdown,
  close: native.socketClose,
  secure: native.socketSecure,
};

/** Opens a connection to `address`, `host:port` or `{ hostname, port }`. */
export function connect(address, options = undefined) {
  requireArguments(arguments.length, 1, "connect");
  const to = addressOf(address);
  const settings = settingsOf(to, options);
  return new Socket(MADE_HERE, settings, native.socketConnect(to.hostname, to.port, settings.secure), TCP);
}

/** A socket whose bytes another carrier moves. */
export const createStreamSocket = (settings, opening, carrier) => new Socket(MADE_HERE, settings, opening, carrier);

/** What a socket is told of itself. */
export function settingsOf(to, options) {
  const { secureTransport, allowHalfOpen, highWaterMark } = dictionary(options, "connect: the options");
  return {
    info: { remoteAddress: `${to.hostname}:${to.port}`, localAddress: undefined },
    secure: secureTransport === undefined ? "off" : enumeration(secureTransport, SECURE, "connect: secureTransport"),
    allowHalfOpen: !!allowHalfOpen,
    highWaterMark: highWaterMark === undefined ? undefined : unsignedLongLong(highWaterMark, { mode: "enforce", what: "connect: highWaterMark" }),
  };
}

export class Socket {
  #settings;
  #carrier;
  // The number of the connection, when it is there.
  #opening;
  #opened;
  #closed = apply(withResolvers, NativePromise, []);
  #isClosed = false;
  #isUpgraded = false;
  #readable;
  #writable;

  constructor(token, settings, opening, carrier) {
    if (token !== MADE_HERE) illegalConstructor();
    const { info, highWaterMark } = settings;
    this.#settings = settings;
    this.#carrier = carrier;
    this.#opening = opening;
    this.#opened = then(opening, () => ({ ...info }));
    // Whoever wants to know asks; nobody has to.
    ignore(this.#opened);
    ignore(this.#closed.promise);
    this.#readable = createReadableByteStream({ read: () => this.#read(), cancel: () => this.#end() });
    const sink = {
      write: async (chunk) => {
        const bytes = isObject(chunk) ? bytesOf(chunk) : undefined;
        if (bytes === undefined) throw new TypeError("Socket.writable takes bytes: an ArrayBuffer, or a view on one.");
        const id = await opening;
        try {
          await carrier.write(id, bytes);
        } catch (error) {
          this.#fail(error);
          throw error;
        }
      },
      close: async () => carrier.shutdown(await opening),
      abort: () => this.#end(),
    };
    this.#writable = new WritableStream(sink, highWaterMark === undefined ? undefined : { highWaterMark, size: (chunk) => chunk?.byteLength ?? 1 });
    then(opening, undefined, (error) => this.#fail(error));
  }

  get readable() {
    return this.#readable;
  }

  get writable() {
    return this.#writable;
  }

  get opened() {
    return this.#opened;
  }

  get closed() {
    return this.#closed.promise;
  }

  get upgraded() {
    return this.#isUpgraded;
  }

  get secureTransport() {
    return this.#settings.secure;
  }

  /** Ends the connection; what was written before is sent. */
  async close() {
    if (!this.#isClosed) {
      // What waits to be written goes out first, if the stream is nobody else's.
      const { locked } = this.#writable;
      if (!locked) await quiet(this.#writable.close());
      this.#end();
    }
    await this.#closed.promise;
  }

  /** The same connection, with TLS from here on. */
  startTls(options = undefined) {
    const { secure } = this.#settings;
    const { expectedServerHostname } = dictionary(options, "Socket.startTls: the options");
    const serverName = expectedServerHostname === undefined ? undefined : DOMString(expectedServerHostname);
    if (secure !== "starttls") throw new TypeError("Socket.startTls: the socket must be made with secureTransport: 'starttls'.");
    if (this.#isUpgraded) throw new TypeError("Socket.startTls: it can be called once.");
    if (this.#isClosed) throw new TypeError("Socket.startTls: the socket is closed.");
    if (this.#carrier.secure === undefined) throw new Error("Socket.startTls: TLS through a binding is not supported.");
    this.#isUpgraded = true;
    const securing = this.#secure(serverName);
    return new Socket(MADE_HERE, { ...this.#settings, secure: "on" }, securing, this.#carrier);
  }

  async #secure(serverName) {
    try {
      return await this.#carrier.secure(await this.#opening, serverName);
    } finally {
      this.#end();
    }
  }

  async #read() {
    const id = await this.#opening;
    if (this.#isClosed) return undefined;
    let bytes;
    try {
      bytes = await this.#carrier.read(id);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    // The end of what comes is the end of it all, unless the other direction is wanted still.
    if (bytes === undefined && !this.#settings.allowHalfOpen && !this.#isUpgraded) this.#end();
    return bytes;
  }

  #end() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#letGo();
    this.#closed.resolve(undefined);
  }

  #fail(error) {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#letGo();
    this.#closed.reject(error);
    errorStream(this.#readable, error);
  }

  async #letGo() {
    try {
      this.#carrier.close(await this.#opening);
    } catch {
      // There is none.
    }
  }
}
defineInterface(Socket, "Socket");
registerPlatformInterface(Socket);

function ignore(promise) {
  then(promise, undefined, () => undefined);
}

async function quiet(promise) {
  try {
    await promise;
  } catch {
    // It is over in any case.
  }
}

/** Host and port of an address; throws if it is none. */
export function addressOf(address) {
  if (isObject(address)) {
    const { hostname, port } = address;
    if (hostname === undefined || port === undefined) throw new TypeError("connect: the address must have `hostname` and `port`.");
    return { hostname: hostOf(bounded(DOMString(hostname))), port: portOf(port) };
  }
  const text = bounded(DOMString(address));
  const colon = lastIndexOf(text, ":");
  if (colon === -1) throw new TypeError("connect: the address has no port: write `host:port`.");
  return { hostname: hostOf(slice(text, 0, colon)), port: portOf(digitsOf(slice(text, colon + 1))) };
}

function bounded(text) {
  if (text.length > ADDRESS_CHARS_MAX) throw new TypeError("connect: the address is too long.");
  return text;
}

function portOf(value) {
  const port = unsignedLongLong(value, { mode: "enforce", what: "connect: the port" });
  if (port < 1 || port > PORT_MAX) throw new TypeError(`connect: the port must be from 1 to ${PORT_MAX}.`);
  return port;
}

function digitsOf(text) {
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i);
    if (code < 48 || code > 57) throw new TypeError("connect: the port is no number.");
  }
  return text;
}

const BEFORE_HOST = 3;
const AFTER_HOST = 4;

// As the URL standard reads a host: in small letters, Punycode, and addresses as what they are.
function hostOf(text) {
  const bracketed = lastIndexOf(text, ":") >= 0 && charCodeAt(text, 0) !== 91 ? `[${text}]` : text;
  const parts = native.urlParse(`http://${bracketed}/`, undefined);
  const host = parts === undefined ? "" : slice(parts[0], parts[BEFORE_HOST], parts[AFTER_HOST]);
  if (host === "" || parts[0] !== `http://${host}/`) throw new TypeError(`connect: '${slice(text, 0, 100)}' is no host.`);
  return host;
}
