// WebSocketPair, which Workers have: two WebSockets that are each other's peer. A worker keeps one and gives the other to
// its client in a response with status 101.
import { defineInterface } from "../webidl.js";
import { createWebSocketPair } from "./websocket.js";

export class WebSocketPair {
  0;
  1;

  constructor() {
    const pair = createWebSocketPair();
    this[0] = pair[0];
    this[1] = pair[1];
  }
}
defineInterface(WebSocketPair, "WebSocketPair");
