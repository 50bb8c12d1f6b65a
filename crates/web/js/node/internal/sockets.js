// Sockets as Node has them, on the connections of `cloudflare:sockets`.
import { connect as open } from "../../lazy/sockets.js";
import { Buffer } from "../buffer.js";
import { Duplex } from "../stream.js";
import { isIPv4, isIPv6 } from "./addresses.js";
import { error, notImplemented, typeError } from "./errors.js";

const { clearTimeout, setTimeout } = globalThis;

/** What `connect` is given: options, or a port and a host; and a callback. */
export function connectionOf(args) {
  const callback = args.findLast((one) => typeof one === "function");
  const [first, second] = args;
  let options;
  if (typeof first === "object" && first !== null) options = { ...first };
  else if (typeof first === "string" && !/^\d+$/.test(first)) options = { path: first };
  else options = { port: first, host: typeof second === "string" ? second : undefined };
  if (options.path !== undefined) throw notImplemented("net", "a connection to a path");
  const port = Number(options.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw Object.setPrototypeOf(error("ERR_SOCKET_BAD_PORT", `Port should be >= 0 and < 65536. Received ${typeof options.port} (${options.port}).`), RangeError.prototype);
  }
  return { ...options, host: options.host ?? "localhost", port, callback };
}

export class Socket extends Duplex {
  constructor(options = {}) {
    super({ allowHalfOpen: options?.allowHalfOpen ?? false, highWaterMark: options?.highWaterMark, signal: options?.signal });
    this.connecting = false;
    this.bytesRead = 0;
    this.bytesWritten = 0;
    this.timeout = undefined;
    this._inner = undefined;
    this._isHandedOver = false;
  }

  get pending() {
    return this._inner === undefined || this.connecting;
  }

  get readyState() {
    if (this.connecting) return "opening";
    if (this.readable && this.writable) return "open";
    return this.readable ? "readOnly" : this.writable ? "writeOnly" : "closed";
  }

  connect(...args) {
    const { host, port, callback } = connectionOf(args);
    if (callback !== undefined) this.once("connect", callback);
    this._take(() => open({ hostname: host, port }, { secureTransport: "starttls", allowHalfOpen: true }), { host, port });
    return this;
  }

  /** Goes on with a connection that `begin` opens. */
  _take(begin, { host, port }) {
    if (this._inner !== undefined) throw error("EISCONN", "the socket is connected already");
    this.connecting = true;
    this.remoteAddress = host;
    this.remoteFamily = isIPv6(host) ? "IPv6" : isIPv4(host) ? "IPv4" : undefined;
    this.remotePort = port;
    this._inner = begin();
    this._reader = this._inner.readable.getReader();
    this._writer = this._inner.writable.getWriter();
    this._reader.closed.catch(() => {});
    this._writer.closed.catch(() => {});
    this._inner.opened.then(
      () => {
        if (this.destroyed) return;
        this.connecting = false;
        this._touch();
        this.emit("connect");
        this.emit("ready");
      },
      (failure) => this.destroy(Object.assign(failure, { code: failure.code ?? "ECONNREFUSED" })),
    );
  }

  _whenOpen(work) {
    if (this.connecting || this._inner === undefined) this.once("connect", work);
    else work();
  }

  _read() {
    this._whenOpen(() => {
      if (this._isHandedOver) return;
      this._reader.read().then(
        ({ done, value }) => {
          if (this._isHandedOver) return;
          this._touch();
          if (done) this.push(null);
          else {
            this.bytesRead += value.length;
            this.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
          }
        },
        (failure) => this._isHandedOver || this.destroy(Object.assign(failure, { code: "ECONNRESET" })),
      );
    });
  }

  _write(chunk, _encoding, callback) {
    this._whenOpen(() => {
      this._touch();
      this.bytesWritten += chunk.length;
      this._writer.write(chunk).then(
        () => callback(),
        (failure) => callback(Object.assign(failure, { code: "EPIPE" })),
      );
    });
  }

  _final(callback) {
    if (this._inner === undefined) {
      callback();
      return;
    }
    this._whenOpen(() => this._writer.close().then(() => callback(), callback));
  }

  _destroy(failure, callback) {
    clearTimeout(this._timer);
    this.connecting = false;
    if (this._inner !== undefined && !this._isHandedOver) {
      this._reader.cancel().catch(() => {});
      this._writer.abort().catch(() => {});
      this._inner.close().catch(() => {});
    }
    callback(failure);
  }

  /** Lets somebody else go on with the connection, under TLS. */
  _handOver(serverName) {
    if (this._inner === undefined || this.connecting) throw error("ERR_TLS_INVALID_CONTEXT", "TLS can begin on a socket that is connected");
    this._isHandedOver = true;
    clearTimeout(this._timer);
    this._writer.releaseLock();
    return this._inner.startTls({ expectedServerHostname: serverName });
  }

  _touch() {
    clearTimeout(this._timer);
    if (this.timeout > 0 && !this.destroyed) this._timer = setTimeout(() => this.emit("timeout"), this.timeout);
  }

  setTimeout(milliseconds, callback = undefined) {
    this.timeout = milliseconds;
    if (callback !== undefined) {
      if (milliseconds > 0) this.once("timeout", callback);
      else this.removeListener("timeout", callback);
    }
    clearTimeout(this._timer);
    if (this._inner !== undefined) this._touch();
    return this;
  }

  destroySoon() {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  resetAndDestroy() {
    return this.destroy();
  }

  address() {
    return {};
  }

  setNoDelay() {
    return this;
  }

  setKeepAlive() {
    return this;
  }

  ref() {
    return this;
  }

  unref() {
    return this;
  }
}

/** A socket under TLS: of its own, or on a connection that another has begun. */
export class TLSSocket extends Socket {
  constructor(socket = undefined, options = {}) {
    super(options);
    this.encrypted = true;
    this.authorized = false;
    this.authorizationError = null;
    this.alpnProtocol = false;
    this.servername = options.servername;
    this.once("connect", () => {
      this.authorized = true;
      this.emit("secureConnect");
      this.emit("secure");
    });
    if (socket === undefined || socket === null) return;
    if (!(socket instanceof Socket)) throw typeError("ERR_INVALID_ARG_TYPE", 'The "socket" argument must be a socket of node:net');
    this._take(() => socket._handOver(options.servername), { host: socket.remoteAddress, port: socket.remotePort });
  }

  connect(...args) {
    const { host, port, callback } = connectionOf(args);
    if (callback !== undefined) this.once("secureConnect", callback);
    this._take(() => open({ hostname: host, port }, { secureTransport: "on", allowHalfOpen: true }), { host, port });
    return this;
  }

  getPeerCertificate() {
    throw notImplemented("tls", "getPeerCertificate");
  }

  getProtocol() {
    return null;
  }

  getCipher() {
    return {};
  }

  setServername(name) {
    this.servername = name;
  }
}
