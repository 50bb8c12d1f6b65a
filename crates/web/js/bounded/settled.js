// Texts that are put together of millions of parts. As a rope they would be millions of objects that all live, and a collection
// of young objects carries all of them over at once, with nobody to stop it.
const { apply } = Reflect;
const { charCodeAt } = String.prototype;

// What is longer stays a rope: it was made of long parts, and a rope of those takes no room of its own.
const LENGTH_MAX = 1 << 20;

/** So many parts, and one, are put together before they become one text. A number is one of them each time that its last bits are these. */
export const PARTS = (1 << 14) - 1;

/** The same text in one piece: V8 makes it one where somebody looks at a character. */
export function settled(text) {
  if (text.length <= LENGTH_MAX) apply(charCodeAt, text, [0]);
  return text;
}
