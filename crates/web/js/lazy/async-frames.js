// What travels with the code through every `await`; V8 carries it. A frame is a list that never changes,
// [key, value, key, value, ...].
import { native } from "../native.js";

const { apply } = Reflect;

function placeOf(frame, key) {
  for (let i = 0; frame !== undefined && i < frame.length; i += 2) {
    if (frame[i] === key) return i;
  }
  return -1;
}

/** The frame with a value under a key. */
export function framed(frame, key, value) {
  const next = frame === undefined ? [] : [...frame];
  const at = placeOf(frame, key);
  if (at === -1) next.push(key, value);
  else next[at + 1] = value;
  return next;
}

/** The frame without a key. */
export function unframed(frame, key) {
  const at = placeOf(frame, key);
  if (at === -1) return frame;
  const next = [...frame.slice(0, at), ...frame.slice(at + 2)];
  return next.length === 0 ? undefined : next;
}

/** What the running code has under a key, or `otherwise`. */
export function valueOf(key, otherwise) {
  const frame = native.asyncFrame();
  const at = placeOf(frame, key);
  return at === -1 ? otherwise : frame[at + 1];
}

/** Calls a function within a frame. */
export function within(frame, callback, receiver, args) {
  const before = native.asyncFrame();
  native.setAsyncFrame(frame);
  try {
    return apply(callback, receiver, args);
  } finally {
    native.setAsyncFrame(before);
  }
}
