// `node:https`: as `node:http`, under TLS that the node's own side does.
import * as http from "./http.js";
import { clientOf } from "./internal/http-client.js";

export class Agent extends http.Agent {
  constructor(options) {
    super(options);
    this.protocol = "https:";
    this.defaultPort = 443;
  }
}

export const { get, request } = clientOf({ protocol: "https:", port: 443 });
export const globalAgent = new Agent({ keepAlive: true });
export const { Server, createServer } = http;

export default { Agent, Server, createServer, get, globalAgent, request };
