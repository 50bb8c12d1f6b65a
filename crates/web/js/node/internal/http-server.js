// The server's side: requests of the worker that are handed over to a server as Node has it. No socket listens: what
// `listen` is given is a name that `cloudflare:node` finds the server by.
import { Buffer } from "../buffer.js";
import { EventEmitter } from "../events.js";
import { error, invalidType } from "./errors.js";
import { IncomingMessage, standIn } from "./http-incoming.js";
import { OutgoingMessage } from "./http-outgoing.js";
import { STATUS_CODES } from "./http-words.js";

const WITHOUT_BODY = [101, 204, 205, 304];
const servers = new Map();
let lastPort = 0;

export class ServerResponse extends OutgoingMessage {
  constructor(request, respond = undefined) {
    super();
    this.req = request;
    this.statusCode = 200;
    this.statusMessage = undefined;
    this.shouldKeepAlive = true;
    this.strictContentLength = false;
    this.socket = this.connection = request?.socket ?? standIn(false);
    this._respond = respond;
    this._begun = false;
    this._controller = undefined;
    this._waiting = undefined;
  }

  writeHead(status, message = undefined, headers = undefined) {
    if (this.headersSent) throw error("ERR_HTTP_HEADERS_SENT", "Cannot write headers after they are sent to the client");
    const code = status | 0;
    if (code < 100 || code > 999) throw Object.setPrototypeOf(error("ERR_HTTP_INVALID_STATUS_CODE", `Invalid status code: ${status}`), RangeError.prototype);
    this.statusCode = code;
    const fields = typeof message === "string" ? headers : (message ?? headers);
    if (typeof message === "string") this.statusMessage = message;
    if (Array.isArray(fields)) {
      const pairs = fields.every(Array.isArray) ? fields : Array.from({ length: fields.length / 2 }, (_, i) => [fields[i * 2], fields[i * 2 + 1]]);
      for (const [name, value] of pairs) this.appendHeader(name, value);
    } else {
      for (const name of Object.keys(fields ?? {})) this.setHeader(name, fields[name]);
    }
    this.headersSent = true;
    return this;
  }

  writeContinue() {}
  writeProcessing() {}
  writeEarlyHints() {}
  assignSocket() {}

  flushHeaders() {
    this.#begin();
  }

  // By way of `writeHead`, which others have put something before.
  #init() {
    if (!this.headersSent) this.writeHead(this.statusCode);
    this._begun = true;
    const statusText = this.statusMessage ?? STATUS_CODES[this.statusCode] ?? "";
    this.statusMessage = statusText;
    return { status: this.statusCode, statusText, headers: this._asHeaders() };
  }

  #hasBody() {
    return this.req?.method !== "HEAD" && !WITHOUT_BODY.includes(this.statusCode);
  }

  // Answers with a stream that is written to from here on.
  #begin() {
    if (this._begun) return;
    const init = this.#init();
    let body = null;
    if (this.#hasBody()) {
      body = new ReadableStream(
        {
          start: (controller) => {
            this._controller = controller;
          },
          pull: () => {
            const callback = this._waiting;
            this._waiting = undefined;
            callback?.();
          },
          cancel: () => {
            this._controller = undefined;
            this.destroy();
          },
        },
        { highWaterMark: 1 },
      );
    }
    this._respond?.(new Response(body, init));
  }

  end(chunk = undefined, encoding = undefined, callback = undefined) {
    const isWhole = !this._begun && (chunk === undefined || chunk === null || typeof chunk === "function" || typeof chunk === "string" || ArrayBuffer.isView(chunk)) && this.writableLength === 0;
    if (!isWhole) return super.end(chunk, encoding, callback);
    // All of it at once: its length is known.
    let bytes = null;
    if (typeof chunk === "string") bytes = Buffer.from(chunk, typeof encoding === "string" ? encoding : "utf8");
    else if (ArrayBuffer.isView(chunk)) bytes = chunk;
    this._fields.delete("content-length");
    const response = new Response(this.#hasBody() ? bytes : null, this.#init());
    this._respond?.(response);
    return super.end([chunk, encoding, callback].find((one) => typeof one === "function"));
  }

  _write(chunk, _encoding, callback) {
    this.#begin();
    if (this._controller === undefined) return callback();
    this._controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (this._controller.desiredSize > 0) return callback();
    this._waiting = callback;
    return undefined;
  }

  _final(callback) {
    this.#begin();
    this.finished = true;
    this._controller?.close();
    this._controller = undefined;
    callback();
  }

  _destroy(failure, callback) {
    this._controller?.error(failure ?? error("ECONNRESET", "The response was destroyed"));
    this._controller = undefined;
    if (!this._begun) this._respond?.(undefined, failure);
    callback(failure);
  }
}

export class Server extends EventEmitter {
  constructor(options = {}, listener = undefined) {
    super();
    const given = typeof options === "function" ? options : listener;
    if (given !== undefined) this.on("request", given);
    this.listening = false;
    this.maxHeadersCount = null;
    this.timeout = 0;
    this.keepAliveTimeout = 5000;
    this.headersTimeout = 60000;
    this.requestTimeout = 300000;
    this._port = undefined;
  }

  listen(...args) {
    const callback = args.findLast((one) => typeof one === "function");
    if (this.listening) throw error("ERR_SERVER_ALREADY_LISTEN", "Listen method has been called more than once without closing.");
    const [first] = args;
    const port = Number((typeof first === "object" && first !== null ? first.port : typeof first === "function" ? 0 : first) ?? 0);
    this._port = port || ++lastPort + 49152;
    if (servers.has(this._port)) throw error("EADDRINUSE", `listen EADDRINUSE: address already in use :::${this._port}`, { port: this._port });
    servers.set(this._port, this);
    this.listening = true;
    if (callback !== undefined) this.once("listening", callback);
    queueMicrotask(() => this.emit("listening"));
    return this;
  }

  address() {
    return this.listening ? { address: "::", family: "IPv6", port: this._port } : null;
  }

  close(callback = undefined) {
    const wasListening = this.listening;
    if (callback !== undefined) this.once("close", () => callback(wasListening ? undefined : error("ERR_SERVER_NOT_RUNNING", "Server is not running.")));
    if (this.listening) servers.delete(this._port);
    this.listening = false;
    queueMicrotask(() => this.emit("close"));
    return this;
  }

  closeAllConnections() {}
  closeIdleConnections() {}
  ref() {
    return this;
  }
  unref() {
    return this;
  }
  setTimeout() {
    return this;
  }
  async [Symbol.asyncDispose]() {
    if (this.listening) this.close();
  }
}

export const createServer = (options, listener) => new Server(options, listener);

function serverOf(target) {
  if (target instanceof Server) return target;
  const port = typeof target === "number" || typeof target === "string" ? Number(target) : target?.port;
  if (port === undefined) throw invalidType("options", "a Server, or an object with the port of one", target);
  const found = servers.get(Number(port));
  if (found === undefined) throw error("ERR_NO_SERVER", `No server listens on port ${port}: call listen(${port}) first`);
  return found;
}

/** `handleAsNodeRequest` of `cloudflare:node`. */
export function handleAsNodeRequest(target, request) {
  const server = serverOf(target);
  const url = new URL(request.url);
  return new Promise((resolve, reject) => {
    const incoming = new IncomingMessage(standIn(url.protocol === "https:"));
    incoming.method = request.method;
    incoming.url = `${url.pathname}${url.search}`;
    const headers = [...request.headers];
    if (!request.headers.has("host")) headers.unshift(["host", url.host]);
    incoming._take(headers, request.body);
    const response = new ServerResponse(incoming, (made, failure) => (made === undefined ? reject(failure ?? new Error("The response was destroyed before it was sent.")) : resolve(made)));
    if (!server.emit("request", incoming, response)) reject(error("ERR_NO_HANDLER", "The server has no listener for requests"));
  });
}

/** `httpServerHandler` of `cloudflare:node`: what a worker exports. */
export function httpServerHandler(target, handlers = {}) {
  if (target instanceof Server && !target.listening) target.listen(0);
  return { ...handlers, fetch: (request) => handleAsNodeRequest(target, request) };
}
