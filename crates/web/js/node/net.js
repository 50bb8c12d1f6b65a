// `node:net`: sockets that connect. Nothing listens in a worker.
import { isIP, isIPv4, isIPv6 } from "./internal/addresses.js";
import { BlockList, SocketAddress } from "./internal/block-list.js";
import { Socket } from "./internal/sockets.js";
import { stub } from "./internal/stubs.js";

export const connect = (...args) => new Socket(typeof args[0] === "object" ? args[0] : {}).connect(...args);
export { Socket as Stream, Socket, connect as createConnection, isIP, isIPv4, isIPv6 };

const others = stub("net").default;
export const { Server, createServer } = others;
export { BlockList, SocketAddress };
export const getDefaultAutoSelectFamily = () => false;
export const getDefaultAutoSelectFamilyAttemptTimeout = () => 250;
export const setDefaultAutoSelectFamily = () => {};
export const setDefaultAutoSelectFamilyAttemptTimeout = () => {};

export default {
  BlockList,
  Server,
  Socket,
  SocketAddress,
  Stream: Socket,
  connect,
  createConnection: connect,
  createServer,
  getDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  isIP,
  isIPv4,
  isIPv6,
  setDefaultAutoSelectFamily,
  setDefaultAutoSelectFamilyAttemptTimeout,
};
