// `request.cf`: what the node knows of a client's connection, and what workers pass on to one another.
import { native } from "../native.js";
import { codeUnitAt, numberToString, stringPadStart, stringSlice, stringStartsWith } from "../primordials.js";

const { parse, stringify } = JSON;

/** The header in which it travels; behind a FROM_CLIENT it is the gateway's. */
export const CF_HEADER = "mote-cf";
const FROM_CLIENT = "@";
const LENGTH_MAX = 16 << 10;

/** What `cf` of an event's request is; undefined if nothing came along. */
export function cfOfEvent(eventId) {
  const said = native.requestCf(eventId);
  if (said === undefined || said === "") return undefined;
  const isFromClient = stringStartsWith(said, FROM_CLIENT);
  let cf;
  try {
    cf = parse(isFromClient ? stringSlice(said, 1) : said);
  } catch {
    // Another worker has set the header by itself.
    return undefined;
  }
  if (!isFromClient) return cf;
  const accepts = native.requestHeader(eventId, "accept-encoding");
  return accepts === undefined ? cf : { clientAcceptEncoding: accepts, ...cf };
}

/** The header's value for a `cf` that is passed on to another worker; undefined if there is none. */
export function cfToPassOn({ cf, cfEventId }) {
  const value = cfEventId === 0 ? cf : cfOfEvent(cfEventId);
  const json = value === undefined ? undefined : stringify(value);
  if (json === undefined) return undefined;
  const text = ascii(json);
  if (text.length > LENGTH_MAX) throw new TypeError(`fetch: cf has more than ${LENGTH_MAX} bytes as JSON.`);
  return text;
}

// What is not ASCII is in texts, where there is another way to write it.
function ascii(json) {
  let text = "";
  let start = 0;
  for (let i = 0; i < json.length; i++) {
    const unit = codeUnitAt(json, i);
    if (unit < 0x7f) continue;
    text += `${stringSlice(json, start, i)}\\u${stringPadStart(numberToString(unit, 16), 4, "0")}`;
    start = i + 1;
  }
  return start === 0 ? json : text + stringSlice(json, start);
}
