// Beacon (https://w3c.github.io/beacon/): a request of which nobody waits for the answer. It goes on after the event's response.
import { requireArguments } from "../webidl.js";
import { extendCurrent } from "../execution-context.js";
import { fetch } from "../fetch.js";
import { Request } from "../request.js";

/** `navigator.sendBeacon`. */
export function sendBeacon(args) {
  requireArguments(args.length, 1, "Navigator.sendBeacon");
  const body = args[1] ?? undefined;
  const request = new Request(args[0], { method: "POST", body, keepalive: true });
  extendCurrent(send(request));
  return true;
}

async function send(request) {
  const { body } = await fetch(request);
  if (body !== null) await body.cancel();
}
