// Whether there is room for what a call would make. A single call of a built-in can make a thousand times what it takes,
// and V8 that finds no room in the middle of one ends the process.
import { native } from "../native.js";

const NativeRangeError = RangeError;
// What is smaller is not worth a question.
const SMALL_BYTES = 1 << 16;

/** Throws if there is no room for `least` bytes, or if `most` would be more than the engine survives. */
export function requireRoom(least, most) {
  if (most <= SMALL_BYTES || native.roomFor(least, most)) return;
  throw new NativeRangeError("The result would be more than the worker's memory limit allows");
}
