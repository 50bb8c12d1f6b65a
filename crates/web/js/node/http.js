// `node:http`: a client on `fetch`, and servers that a worker hands its requests to.
import { Agent, ClientRequest, clientOf } from "./internal/http-client.js";
import { IncomingMessage } from "./internal/http-incoming.js";
import { OutgoingMessage, validateHeaderName, validateHeaderValue } from "./internal/http-outgoing.js";
import { Server, ServerResponse, createServer } from "./internal/http-server.js";
import { METHODS, STATUS_CODES } from "./internal/http-words.js";

export const { get, request } = clientOf({ protocol: "http:", port: 80 });
export const globalAgent = new Agent({ keepAlive: true });
export const maxHeaderSize = 16384;
export const setMaxIdleHTTPParsers = () => {};

export const { CloseEvent, MessageEvent, WebSocket } = globalThis;
export const _connectionListener = () => {};

export { Agent, ClientRequest, IncomingMessage, METHODS, OutgoingMessage, STATUS_CODES, Server, ServerResponse, createServer, validateHeaderName, validateHeaderValue };
export default { Agent, ClientRequest, CloseEvent, IncomingMessage, METHODS, MessageEvent, OutgoingMessage, STATUS_CODES, Server, ServerResponse, WebSocket, _connectionListener, createServer, get, globalAgent, maxHeaderSize, request, setMaxIdleHTTPParsers, validateHeaderName, validateHeaderValue };
