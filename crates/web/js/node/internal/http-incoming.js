// What comes in: a request to a server, or the response to a client.
import { Readable } from "../stream.js";

// Of these headers, the first counts; of others, all do.
const SINGLE = new Set(["age", "authorization", "content-length", "content-type", "etag", "expires", "from", "host", "if-modified-since", "if-unmodified-since", "last-modified", "location", "max-forwards", "proxy-authorization", "referer", "retry-after", "server", "user-agent"]);

/** What stands for a socket: there is none that a worker could touch. */
export const standIn = (encrypted) => ({
  encrypted,
  readable: true,
  writable: true,
  destroyed: false,
  remoteAddress: undefined,
  remotePort: undefined,
  localPort: undefined,
  setTimeout: () => {},
  setNoDelay: () => {},
  setKeepAlive: () => {},
  ref: () => {},
  unref: () => {},
  on: () => {},
  once: () => {},
  removeListener: () => {},
  emit: () => false,
  destroy: () => {},
});

export class IncomingMessage extends Readable {
  constructor(socket = undefined) {
    super();
    this.socket = this.connection = socket ?? standIn(false);
    this.httpVersion = "1.1";
    this.httpVersionMajor = 1;
    this.httpVersionMinor = 1;
    this.headers = {};
    this.headersDistinct = {};
    this.rawHeaders = [];
    this.trailers = {};
    this.rawTrailers = [];
    this.url = "";
    this.method = null;
    this.statusCode = null;
    this.statusMessage = null;
    this.complete = false;
    this.aborted = false;
    this._reader = undefined;
  }

  /** Takes headers and body of a Request or a Response. */
  _take(headers, body) {
    for (const [name, value] of headers) {
      this.rawHeaders.push(name, value);
      (this.headersDistinct[name] ??= []).push(value);
      if (name === "set-cookie") (this.headers[name] ??= []).push(value);
      else if (this.headers[name] === undefined) this.headers[name] = value;
      else if (!SINGLE.has(name)) this.headers[name] += name === "cookie" ? `; ${value}` : `, ${value}`;
    }
    if (body === null || body === undefined) this._over();
    else this._reader = body.getReader();
  }

  _over() {
    this.complete = true;
    this.push(null);
  }

  _read() {
    this._reader?.read().then(
      ({ done, value }) => (done ? this._over() : this.push(value)),
      (failure) => this.destroy(failure),
    );
  }

  _destroy(failure, callback) {
    if (!this.complete) {
      this.aborted = true;
      this._reader?.cancel(failure ?? undefined).catch(() => {});
    }
    callback(failure);
  }

  setTimeout(_milliseconds, callback = undefined) {
    if (callback !== undefined) this.on("timeout", callback);
    return this;
  }
}
