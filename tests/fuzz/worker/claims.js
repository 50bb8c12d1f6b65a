// What targets say of what they see.

/** Something is as it must never be. */
class Wrong extends Error {}

/** Says that something must hold. */
export function claim(holds, what) {
  if (!holds) throw new Wrong(what);
}

// What a standard refuses with.
const REFUSALS = [TypeError, RangeError, SyntaxError, URIError, DOMException];

function refusal(error) {
  const isRefusal = REFUSALS.some((kind) => error instanceof kind);
  if (error instanceof Wrong || !isRefusal || error.message.includes("a mistake of Mote's own")) throw error;
  if (error.message === "") throw new Wrong(`a ${error.name} without a message`);
  return undefined;
}

/** What a call gives; undefined if it refuses in a way that standards know. */
export function attempt(run) {
  try {
    return run();
  } catch (error) {
    return refusal(error);
  }
}

/** The same of what takes its time. */
export async function later(run) {
  try {
    return await run();
  } catch (error) {
    return refusal(error);
  }
}

/** Both as text, and the same. */
export function same(one, other, what) {
  const [first, second] = [JSON.stringify(one), JSON.stringify(other)];
  claim(first === second, `${what}: ${short(first)} and ${short(second)}`);
}

const short = (text) => (text === undefined || text.length < 600 ? text : `${text.slice(0, 600)}...`);

/** Bytes as text, one character each. */
export function latin1(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]);
  return text;
}

/** The text up to the first line's end, and all that is behind it. */
export function firstLine(bytes) {
  const at = bytes.indexOf(10);
  return at === -1 ? [latin1(bytes), new Uint8Array()] : [latin1(bytes.subarray(0, at)), bytes.slice(at + 1)];
}

/** A stream of the bytes in pieces whose lengths follow from the bytes. */
export function pieces(bytes) {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      const length = 1 + ((bytes[at] * 31 + at) % 97);
      controller.enqueue(bytes.slice(at, at + length));
      at += length;
    },
  });
}
