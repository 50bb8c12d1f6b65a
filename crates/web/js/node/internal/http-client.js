// The client's side: a request that is sent by `fetch` when its body has come to its end.
import { Buffer } from "../buffer.js";
import { EventEmitter } from "../events.js";
import { AbortError, error, invalidType, typeError } from "./errors.js";
import { IncomingMessage, standIn } from "./http-incoming.js";
import { OutgoingMessage } from "./http-outgoing.js";
import { urlToHttpOptions } from "../url.js";

const { clearTimeout, fetch, setTimeout } = globalThis;
// `fetch` has decoded these: nobody must do it again.
const CODINGS = /^\s*(?:gzip|x-gzip|deflate|br|zstd)\s*$/i;

export class Agent extends EventEmitter {
  constructor(options = {}) {
    super();
    this.options = { ...options };
    this.maxSockets = options.maxSockets ?? Infinity;
    this.maxFreeSockets = options.maxFreeSockets ?? 256;
    this.keepAlive = options.keepAlive ?? false;
    this.requests = {};
    this.sockets = {};
    this.freeSockets = {};
    this.protocol = "http:";
    this.defaultPort = 80;
  }

  destroy() {}

  getName(options = {}) {
    return `${options.host ?? "localhost"}:${options.port ?? ""}:`;
  }
}

function optionsOf(input, given) {
  let options = input;
  if (typeof options === "string") options = urlToHttpOptions(new URL(options));
  else if (options instanceof URL) options = urlToHttpOptions(options);
  else return { ...input };
  return { ...options, ...given };
}

function addressOf(options, protocol, port) {
  const scheme = options.protocol ?? options.agent?.protocol ?? protocol;
  if (scheme !== protocol) throw typeError("ERR_INVALID_PROTOCOL", `Protocol "${scheme}" not supported. Expected "${protocol}"`);
  const host = options.hostname || options.host || "localhost";
  const path = options.path ?? "/";
  if (/[^\u0021-\u00ff]/.test(path)) throw typeError("ERR_UNESCAPED_CHARACTERS", "Request path contains unescaped characters");
  const number = options.port || options.defaultPort || port;
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return `${scheme}//${name}${Number(number) === port ? "" : `:${number}`}${path}`;
}

export class ClientRequest extends OutgoingMessage {
  constructor(input, given, callback, { protocol, port }) {
    // It is over when the answer is, not when all is written.
    super({ autoDestroy: false });
    const options = optionsOf(input, typeof given === "function" ? {} : given);
    const listener = typeof given === "function" ? given : callback;
    if (options.method !== undefined && options.method !== null && typeof options.method !== "string") throw invalidType("options.method", "of type string", options.method);
    this.method = (options.method || "GET").toUpperCase();
    this.protocol = protocol;
    this.host = options.hostname || options.host || "localhost";
    this.path = options.path || "/";
    this.agent = options.agent;
    this.aborted = false;
    this.reusedSocket = false;
    this.res = null;
    this.socket = this.connection = standIn(protocol === "https:");
    this._url = addressOf(options, protocol, port);
    this._chunks = [];
    this._controller = new AbortController();
    if (Array.isArray(options.headers)) {
      for (let i = 0; i < options.headers.length; i += 2) this.appendHeader(options.headers[i], options.headers[i + 1]);
    } else {
      for (const name of Object.keys(options.headers ?? {})) if (options.headers[name] !== undefined) this.setHeader(name, options.headers[name]);
    }
    if (options.auth && !this.hasHeader("authorization")) this.setHeader("Authorization", `Basic ${Buffer.from(options.auth).toString("base64")}`);
    if (listener !== undefined) this.once("response", listener);
    if (options.timeout !== undefined) this.setTimeout(options.timeout);
    const { signal } = options;
    if (signal?.aborted) queueMicrotask(() => this.destroy(new AbortError(undefined, { cause: signal.reason })));
    else signal?.addEventListener("abort", () => this.destroy(new AbortError(undefined, { cause: signal.reason })), { once: true });
    queueMicrotask(() => this.emit("socket", this.socket));
  }

  _write(chunk, _encoding, callback) {
    this._chunks.push(chunk);
    callback();
  }

  _final(callback) {
    this.headersSent = true;
    this.finished = true;
    this.#send();
    callback();
  }

  get _hasBody() {
    return this.method !== "GET" && this.method !== "HEAD";
  }

  async #send() {
    try {
      const headers = this._asHeaders();
      headers.delete("host");
      headers.delete("connection");
      headers.delete("transfer-encoding");
      const body = this._hasBody && this._chunks.length > 0 ? Buffer.concat(this._chunks) : undefined;
      if (body !== undefined) headers.delete("content-length");
      const response = await fetch(this._url, { method: this.method, headers, body, redirect: "manual", signal: this._controller.signal });
      if (this._abandoned) return;
      this.#receive(response);
    } catch (failure) {
      if (this._abandoned) return;
      const thrown = failure?.name === "AbortError" ? error("ECONNRESET", "socket hang up") : Object.assign(failure, { code: failure.code ?? "ECONNREFUSED" });
      this._fail(thrown);
    }
  }

  #receive(response) {
    clearTimeout(this._timer);
    const message = new IncomingMessage(this.socket);
    message.statusCode = response.status;
    message.statusMessage = response.statusText;
    message.req = this;
    message.url = "";
    const isDecoded = CODINGS.test(response.headers.get("content-encoding") ?? "");
    const headers = [...response.headers].filter(([name]) => !isDecoded || (name !== "content-encoding" && name !== "content-length"));
    message._take(headers, this.method === "HEAD" ? null : response.body);
    this.res = message;
    message.on("close", () => this._close());
    if (!this.emit("response", message)) message.resume();
  }

  _close() {
    if (this._closed) return;
    this._closed = true;
    this.emit("close");
  }

  _fail(failure) {
    this._abandoned = true;
    clearTimeout(this._timer);
    if (failure) this.emit("error", failure);
    this._close();
  }

  destroy(failure = undefined) {
    if (this._abandoned || this.destroyedByUser) return this;
    this.destroyedByUser = true;
    clearTimeout(this._timer);
    this._controller.abort();
    if (this.res !== null) {
      this.res.destroy(failure);
      return this;
    }
    this._abandoned = true;
    queueMicrotask(() => this._fail(failure ?? error("ECONNRESET", "socket hang up")));
    return this;
  }

  abort() {
    if (this.aborted) return;
    this.aborted = true;
    queueMicrotask(() => this.emit("abort"));
    this.destroy();
  }

  setTimeout(milliseconds, callback = undefined) {
    if (callback !== undefined) this.once("timeout", callback);
    clearTimeout(this._timer);
    if (milliseconds > 0) this._timer = setTimeout(() => this.emit("timeout"), milliseconds);
    return this;
  }

  flushHeaders() {}
  setNoDelay() {}
  setSocketKeepAlive() {}
}

/** `request` and `get` of a scheme. */
export function clientOf(scheme) {
  const request = (input, options, callback) => new ClientRequest(input, options, callback, scheme);
  const get = (input, options, callback) => {
    const made = request(input, options, callback);
    made.end();
    return made;
  };
  return { request, get };
}
