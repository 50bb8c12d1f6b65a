// WebSocketPair, which Workers have: two WebSockets that are each other's peer. A worker keeps one and gives the other to
// its client in a response with status 101.
import { DOMString, defineInterface, requireArguments } from "../webidl.js";
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

const TEXT_LENGTH_MAX = 2048;

/** A message, and what is answered to it without waking a worker. Nothing here sleeps, so it is only kept. */
export class WebSocketRequestResponsePair {
  #request;
  #response;

  constructor(request, response) {
    requireArguments(arguments.length, 2, "WebSocketRequestResponsePair constructor");
    this.#request = checkedText(request, "request");
    this.#response = checkedText(response, "response");
  }

  get request() {
    return this.#request;
  }

  get response() {
    return this.#response;
  }
}
defineInterface(WebSocketRequestResponsePair, "WebSocketRequestResponsePair");

function checkedText(value, what) {
  const text = DOMString(value);
  if (text.length > TEXT_LENGTH_MAX) throw new RangeError(`WebSocketRequestResponsePair: the ${what} has more than ${TEXT_LENGTH_MAX} characters.`);
  return text;
}
