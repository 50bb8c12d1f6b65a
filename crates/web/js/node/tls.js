// `node:tls`: sockets that connect under TLS. Certificates are checked by the node's own side, against the authorities that
// browsers trust: a worker cannot bring its own, and cannot turn that off.
import { TLSSocket } from "./internal/sockets.js";
import { stub } from "./internal/stubs.js";

export function connect(...args) {
  const callback = args.findLast((one) => typeof one === "function");
  const given = args.find((one) => typeof one === "object" && one !== null) ?? {};
  const options = typeof args[0] === "object" ? given : { ...given, port: args[0], host: typeof args[1] === "string" ? args[1] : given.host };
  if (options.socket === undefined || options.socket === null) return new TLSSocket(undefined, options).connect(options, ...(callback === undefined ? [] : [callback]));
  const socket = new TLSSocket(options.socket, { ...options, servername: options.servername ?? options.host });
  if (callback !== undefined) socket.once("secureConnect", callback);
  return socket;
}

const others = stub("tls").default;
export const { CLIENT_RENEG_LIMIT, CLIENT_RENEG_WINDOW, DEFAULT_CIPHERS, DEFAULT_ECDH_CURVE, DEFAULT_MAX_VERSION, DEFAULT_MIN_VERSION, Server, convertALPNProtocols, createSecurePair, createServer, rootCertificates } = others;
// Whatever a context is made of, the connection has the node's own.
export class SecureContext {}
export const createSecureContext = () => new SecureContext();
export const getCiphers = () => [];
export const checkServerIdentity = () => undefined;

export { TLSSocket };
export default {
  CLIENT_RENEG_LIMIT,
  CLIENT_RENEG_WINDOW,
  DEFAULT_CIPHERS,
  DEFAULT_ECDH_CURVE,
  DEFAULT_MAX_VERSION,
  DEFAULT_MIN_VERSION,
  SecureContext,
  Server,
  TLSSocket,
  checkServerIdentity,
  connect,
  convertALPNProtocols,
  createSecureContext,
  createSecurePair,
  createServer,
  getCiphers,
  rootCertificates,
};
