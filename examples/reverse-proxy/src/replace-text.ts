/**
 * Replaces every `wanted` in a stream of text, also one that lies across chunks. Holds back no more than could still
 * become a match: text flows on as soon as it cannot.
 */
export function replaceText(wanted: string, replacement: string): TransformStream<string, string> {
  let held = "";
  return new TransformStream({
    transform(chunk, controller) {
      const text = held + chunk;
      let from = 0;
      let out = "";
      for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, from)) {
        out += text.slice(from, at) + replacement;
        from = at + wanted.length;
      }
      const rest = text.slice(from);
      const kept = beginningAtEnd(rest, wanted);
      held = rest.slice(rest.length - kept);
      out += rest.slice(0, rest.length - kept);
      if (out !== "") controller.enqueue(out);
    },
    flush(controller) {
      if (held !== "") controller.enqueue(held);
    },
  });
}

/** The length of the longest end of `text` that is a beginning of `wanted`, but not all of it. */
function beginningAtEnd(text: string, wanted: string): number {
  for (let length = Math.min(text.length, wanted.length - 1); length > 0; length -= 1) {
    if (text.endsWith(wanted.slice(0, length))) return length;
  }
  return 0;
}
